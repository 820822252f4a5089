using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception.Access;

/// <summary>What stands in files, read again when they changed: an edit counts within a second, without a command to compile anything.</summary>
/// <remarks>Files that cannot be read, or in which anything is wrong, leave what held before: half of an access list can let everybody in.</remarks>
internal sealed class WatchedList<T>
{
    internal delegate T Reader(IReadOnlyList<SourceLine> lines, ICollection<LineProblem> problems);

    private static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string> _paths;
    private readonly Reader _read;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private string _state = "";
    private long _looked;
    private T _value;

    /// <param name="paths">Files and directories.</param>
    /// <param name="read">Makes the value of their lines.</param>
    /// <param name="clock">When to look again.</param>
    /// <param name="logger">Told what is wrong.</param>
    internal WatchedList(IReadOnlyList<string> paths, Reader read, TimeProvider clock, ILogger logger)
    {
        (_paths, _read, _clock, _logger) = (paths, read, clock, logger);
        _value = read([], []);
        Look();
    }

    internal T Value
    {
        get
        {
            if (_paths.Count == 0)
                return _value;
            lock (_gate)
            {
                if (_clock.GetElapsedTime(_looked) >= _lookInterval)
                    Look();
                return _value;
            }
        }
    }

    private void Look()
    {
        _looked = _clock.GetTimestamp();
        var problems = new List<LineProblem>();
        try
        {
            var files = CourierLists.Files(_paths, problems);
            var state = string.Join('|', files.Select(State).Concat(problems.Select(problem => problem.Path)));
            if (state == _state)
                return;
            _state = state;
            var value = _read(CourierLists.Read(files), problems);
            if (problems.Count == 0)
                _value = value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new LineProblem(string.Join(", ", _paths), 0, e.Message, "readable files"));
            _state = "";
        }

        foreach (var problem in problems)
            Log.ListNotTaken(_logger, problem.ToString());
    }

    private static string State(string file)
    {
        var info = new FileInfo(file);
        return $"{file}:{info.LastWriteTimeUtc.Ticks}:{info.Length}";
    }
}

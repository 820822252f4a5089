namespace Courier.Mta.Reception.Access;

/// <summary>Courier's lists of lines: a file, or a directory whose files are read one after the other.</summary>
/// <remarks>In a directory hidden files and those of editors (<c>~</c>) and of dpkg are passed over. What a package manager left beside a file is a
/// problem: nobody has decided yet which of both holds. A <c>.dist</c> file counts for nothing once the file it is the pattern of exists.</remarks>
public static class CourierLists
{
    /// <summary>All files of a list together.</summary>
    private const long BytesMax = 64L << 20;

    private static readonly string[] _undecided = [".rpmsave", ".rpmnew", ".rpmorig"];

    /// <summary>The files that hold the list now, in order.</summary>
    /// <param name="paths">Files and directories; what does not exist has no lines.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static IReadOnlyList<string> Files(IEnumerable<string> paths, ICollection<LineProblem> problems)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (!Directory.Exists(path))
            {
                if (File.Exists(path))
                    files.Add(path);
                continue;
            }

            foreach (var file in Directory.GetFiles(path).Order(StringComparer.Ordinal))
            {
                if (Counts(file, problems))
                    files.Add(file);
            }
        }

        return files;
    }

    /// <summary>The lines that say something; <c>#</c> begins a line of comment.</summary>
    public static IReadOnlyList<SourceLine> Read(IEnumerable<string> files)
    {
        var lines = new List<SourceLine>();
        var left = BytesMax;
        foreach (var file in files)
        {
            left -= new FileInfo(file).Length;
            if (left < 0)
                throw new IOException($"{file} is too large");
            var number = 0;
            foreach (var line in File.ReadLines(file))
            {
                number++;
                if (line.Trim() is { Length: > 0 } text && text[0] != '#')
                    lines.Add(new SourceLine(file, number, text));
            }
        }

        return lines;
    }

    private static bool Counts(string file, ICollection<LineProblem> problems)
    {
        var name = Path.GetFileName(file);
        if (name.StartsWith('.') || name.Contains('~', StringComparison.Ordinal) || name.Contains(".dpkg-", StringComparison.Ordinal))
            return false;
        if (name.EndsWith(".dist", StringComparison.Ordinal) && File.Exists(file[..^".dist".Length]))
            return false;
        if (!name.EndsWith(".dist", StringComparison.Ordinal) && !_undecided.Any(end => name.EndsWith(end, StringComparison.Ordinal)))
            return true;
        problems.Add(new LineProblem(file, 0, name, "the file itself, with what was left beside it merged or removed"));
        return false;
    }
}

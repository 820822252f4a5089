using System.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.IO.Files;
using Courier.Queue;
using Courier.Queue.Handover;
using Courier.Queue.Sqlite;
using Courier.Sendmail;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.CommandLine;

/// <summary><c>courier queue export</c> and <c>import</c>: messages as files of <see cref="SubmissionFile"/>, one each, with the recipients that still wait.</summary>
internal static class QueueTransferCommands
{
    private const int MemoryBytes = 1 << 20;

    /// <summary>Ends the name of a file whose message was queued.</summary>
    private const string QueuedSuffix = ".queued";

    internal static Command Export(CommonOptions common)
    {
        var to = new Option<string>("--to") { Description = "Directory for the files.", Required = true, HelpName = "DIRECTORY" };
        var removes = new Option<bool>("--remove") { Description = "Take each message out of the queue once its file is on the disk. Nobody is told." };
        var selection = new QueueSelectionOptions();
        var export = QueueCommands.WithSpool(common, "export", "Write messages to files, to be imported elsewhere.", async (parsed, _, spool, ct) =>
        {
            if (selection.Read(parsed, needsSome: true) is not { } selections)
                return ExitCode.Usage;
            var directory = Directory.CreateDirectory(parsed.GetRequiredValue(to), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            IReadOnlyList<QueueEntry> entries;
            try
            {
                entries = await QueueCommands.FindAsync(spool, selections, int.MaxValue, ct);
            }
            catch (IOException e) when (spool is SqliteSpool damaged && selections[0] == QueueSelection.All)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"courier: the queue is damaged ({e.Message}); what can be read is exported, nothing is removed");
                return await SalvageAsync(parsed, damaged, directory.FullName, ct);
            }

            foreach (var entry in entries)
            {
                if (!await WriteAsync(spool, entry, Path.Combine(directory.FullName, entry.Id + ".message"), ct))
                    continue;
                await parsed.InvocationConfiguration.Output.WriteLineAsync(entry.Id.ToString());
                // Of a message with other recipients only these go.
                if (parsed.GetValue(removes) && (await spool.FindAsync(entry.Id, ct))?.Recipients.Count == entry.Recipients.Count)
                    await spool.RemoveAsync(entry.Id, ct);
            }

            return ExitCode.Ok;
        });
        selection.AddTo(export, offersAll: true);
        export.Add(to);
        export.Add(removes);
        return export;
    }

    /// <summary>One message after the other; those that the damage has hit are named.</summary>
    private static async Task<int> SalvageAsync(ParseResult parsed, SqliteSpool spool, string directory, CancellationToken ct)
    {
        var lost = 0;
        foreach (var id in await spool.SalvageAsync(ct))
        {
            var path = Path.Combine(directory, id + ".message");
            try
            {
                if (await spool.FindAsync(id, ct) is { Recipients.Count: > 0 } entry && await WriteAsync(spool, entry, path, ct))
                {
                    await parsed.InvocationConfiguration.Output.WriteLineAsync(id.ToString());
                    continue;
                }
            }
            catch (IOException e)
            {
                File.Delete(path);
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"courier: {id} cannot be read: {e.Message}");
                lost++;
                continue;
            }

            await parsed.InvocationConfiguration.Error.WriteLineAsync($"courier: {id} is not whole: its envelope or its recipients are gone");
            lost++;
        }

        return lost == 0 ? ExitCode.Ok : ExitCode.IOError;
    }

    internal static Command Import(CommonOptions common)
    {
        var files = new Argument<string[]>("FILE") { Description = "Files that export wrote. Each is named FILE.queued once it is in the queue; those are passed over.", Arity = ArgumentArity.OneOrMore };
        var import = common.Configured("import", "Queue messages that export wrote: through the running server, or into the spool when none runs. Run it again after an interruption.", async (parsed, settings, ct) =>
        {
            await using var spool = await TryOwnAsync(settings);
            foreach (var file in parsed.GetValue(files) ?? [])
            {
                if (file.EndsWith(QueuedSuffix, StringComparison.Ordinal) || (!File.Exists(file) && File.Exists(file + QueuedSuffix)))
                {
                    await parsed.InvocationConfiguration.Output.WriteLineAsync($"{file}: was queued before");
                    continue;
                }

                var (code, reply) = await ImportAsync(settings, spool, file, ct);
                if (code / 100 != 2)
                    return await parsed.FailAsync(code / 100 == 4 ? ExitCode.TemporaryFailure : ExitCode.DataError, $"{file}: {reply}");
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"{file}: {reply}");
                if (Mark(file) is { } failure)
                    return await parsed.FailAsync(ExitCode.IOError, $"{file}: it is queued, but a second run would queue it again: {failure}");
            }

            return ExitCode.Ok;
        });
        import.Add(files);
        return import;
    }

    /// <summary>From here on a second run leaves the file alone. Null, or why that cannot be.</summary>
    private static string? Mark(string file)
    {
        try
        {
            DurableFile.Rename(file, file + QueuedSuffix);
            DurableFile.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    private static async Task<bool> WriteAsync(ISpool spool, QueueEntry entry, string path, CancellationToken ct)
    {
        if (await spool.OpenAsync(entry.Id, ct) is not { } content)
            return false;
        var envelope = entry.Envelope with { Recipients = [.. entry.Recipients.Select(one => one.Recipient)] };
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(SubmissionFile.HeadOf(envelope), ct);
        await file.WriteAsync(content.Trace, ct);
        await using (var body = content.Body.OpenRead())
            await body.CopyToAsync(file, ct);
        DurableFile.Flush(file);
        DurableFile.FlushDirectory(Path.GetDirectoryName(path)!);
        return true;
    }

    private static async Task<(int Code, string Reply)> ImportAsync(Settings settings, ISpool? spool, string path, CancellationToken ct)
    {
        using var message = new MessageBuffer(spool is null ? Path.GetTempPath() : Stores.SpillDirectory(settings), MemoryBytes);
        Envelope envelope;
        try
        {
            await using var file = File.OpenRead(path);
            envelope = await SubmissionFile.ReadAsync(file, message, new SubmissionFileLimits { MessageBytes = long.MaxValue }, ct);
        }
        catch (InvalidDataException e)
        {
            return (554, e.Message);
        }

        if (spool is not null)
            return (250, (await spool.SubmitAsync(new Submission(envelope, ReadOnlyMemory<byte>.Empty, message, "import"), ct)).ToString());
        await using var body = message.OpenRead();
        return await new HandIn(Stores.LocalSocket(settings), Stores.DropDirectory(settings)).SendAsync(envelope, stream => body.CopyToAsync(stream, ct), ct);
    }

    /// <summary>Null while a server of this machine owns it.</summary>
    private static async Task<ISpool?> TryOwnAsync(Settings settings)
    {
        try
        {
            return await Stores.OpenSpoolAsync(settings, TimeProvider.System, NullLoggerFactory.Instance);
        }
        catch (IOException e) when (SpoolOwnership.IsInUse(e))
        {
            return null;
        }
    }
}

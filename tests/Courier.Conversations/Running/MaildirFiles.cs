using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Courier.Conversations.Language;
using Courier.Conversations.Targets;

namespace Courier.Conversations.Running;

/// <summary>The `maildir` lines of a script: looks at the files of a Maildir++, or changes them as another program would.</summary>
public sealed partial class MaildirFiles(Bindings bindings)
{
    private static readonly TimeSpan FactTime = TimeSpan.FromSeconds(30);
    private static int _counter;

    public async Task RunAsync(MaildirStep step, Person person, CancellationToken ct)
    {
        var folder = Folder(person, step.Mailbox);
        if (HasFiles().Match(step.Action) is { Success: true } has)
        {
            var deadline = new Deadline(FactTime);
            while (Complaint(step, folder, has) is { } complaint)
            {
                if (deadline.IsOver)
                    throw new ScriptException(complaint);
                await Task.Delay(20, ct);
            }
        }
        else if (Put().Match(step.Action) is { Success: true } put)
        {
            PutFile(folder, put.Groups["flags"].Value, new Template(bindings).BlockText(step.Block ?? throw new ScriptException("put needs a block")));
        }
        else if (Flag().Match(step.Action) is { Success: true } flag)
        {
            var file = One(folder, flag.Groups["text"].Value);
            var name = Path.GetFileName(file).Split(":2,")[0];
            File.Move(file, Path.Combine(folder, "cur", $"{name}:2,{flag.Groups["flags"].Value}"));
        }
        else if (Move().Match(step.Action) is { Success: true } move)
        {
            var file = One(folder, move.Groups["text"].Value);
            var name = Path.GetFileName(file);
            File.Move(file, Path.Combine(Folder(person, move.Groups["to"].Value), "cur", name.Contains(":2,", StringComparison.Ordinal) ? name : name + ":2,"));
        }
        else if (Remove().Match(step.Action) is { Success: true } remove)
        {
            File.Delete(One(folder, remove.Groups["text"].Value));
        }
        else if (Write().Match(step.Action) is { Success: true } write)
        {
            var file = Path.Combine(Directory.CreateDirectory(folder).FullName, write.Groups["file"].Value);
            await File.WriteAllTextAsync(file, new Template(bindings).BlockText(step.Block ?? throw new ScriptException("write needs a block")).Replace("\r\n", "\n", StringComparison.Ordinal), ct);
            OwnAs(folder, file);
        }
        else if (step.Action is "is missing" or "exists")
        {
            if (Directory.Exists(folder) != (step.Action == "exists"))
                throw new ScriptException($"{folder} {(step.Action == "exists" ? "is missing" : "exists")}");
        }
        else
        {
            throw new ScriptException($"not understood as something to do in a Maildir: {step.Action}");
        }
    }

    /// <summary>What is not yet so, or null.</summary>
    private string? Complaint(MaildirStep step, string folder, Match has)
    {
        var where = has.Groups["in"].Success ? new[] { has.Groups["in"].Value } : ["new", "cur"];
        var files = Files(folder, where).ToList();
        if (has.Groups["flags"] is { Success: true } flags)
            files = [.. files.Where(file => Flags(file) == flags.Value)];
        if (has.Groups["text"] is { Success: true } text)
            files = [.. files.Where(file => (Content(file) ?? "").Contains(new Template(bindings).ForSending(text.Value, null), StringComparison.Ordinal))];
        var wanted = int.Parse(has.Groups["count"].Value, CultureInfo.InvariantCulture);
        if (files.Count != wanted)
            return $"{wanted} files expected, {files.Count} there; all: {string.Join(", ", Files(folder, ["new", "cur", "tmp"]).Select(Path.GetFileName))}";
        if (step.Block is not null && !files.Exists(file => MatchesBlock(step.Block, Content(file) ?? "")))
            return $"no file is as stated; the first is:\n{(files.Count > 0 ? Content(files[0]) : "")}";
        return null;
    }

    /// <summary>Line by line; `…` alone stands for any number of lines. Files have LF or CRLF, as their server likes.</summary>
    private bool MatchesBlock(Block block, string content)
    {
        var pattern = string.Join('\n', block.Lines.Select(line => new Template(bindings).ForMatching(line, null)));
        pattern = pattern.Replace($"\n{Template.Any}\n", $"{Template.Any}\n", StringComparison.Ordinal);
        return TextPattern.Match(pattern, content.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n'), bindings);
    }

    private static void PutFile(string folder, string flags, string text)
    {
        var name = string.Create(CultureInfo.InvariantCulture,
            $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.M{Environment.TickCount64 % 1000000}P{Environment.ProcessId}Q{Interlocked.Increment(ref _counter)}.other");
        var temporary = Path.Combine(folder, "tmp", name);
        File.WriteAllBytes(temporary, Encoding.Latin1.GetBytes(text.Replace("\r\n", "\n", StringComparison.Ordinal)));
        OwnAs(folder, temporary);
        File.Move(temporary, Path.Combine(folder, flags.Length > 0 ? "cur" : "new", flags.Length > 0 ? $"{name}:2,{flags.TrimStart('-')}" : name));
    }

    /// <summary>A server of another user must be able to read what we put there.</summary>
    private static void OwnAs(string folder, string file)
    {
        using var chown = Process.Start("chown", ["--reference", folder, file]);
        chown.WaitForExit();
    }

    private static string One(string folder, string text)
    {
        var files = Files(folder, ["new", "cur"]).Where(file => (Content(file) ?? "").Contains(text, StringComparison.Ordinal)).ToList();
        return files.Count == 1 ? files[0] : throw new ScriptException($"{files.Count} files contain “{text}”, one was meant");
    }

    private static string Folder(Person person, string mailbox)
    {
        var root = person.Maildir ?? throw new ScriptException("the Maildirs of this server are not known");
        return mailbox == "INBOX" ? root : Path.Combine(root, "." + (mailbox.StartsWith("INBOX.", StringComparison.Ordinal) ? mailbox[6..] : mailbox));
    }

    private static IEnumerable<string> Files(string folder, string[] where) =>
        where.Select(name => Path.Combine(folder, name)).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles);

    private static string Flags(string file) => Path.GetFileName(file).Split(":2,") is [_, var flags] ? flags : "";

    private static string? Content(string file)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes(file));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>For a server without IMAP: the files of INBOX go.</summary>
    public static void Empty(string maildir)
    {
        foreach (var file in Files(maildir, ["new", "cur"]))
            File.Delete(file);
    }

    [GeneratedRegex(@"^has (?<count>\d+) files?(?: in (?<in>new|cur|tmp))?(?: with flags (?<flags>[A-Za-z]*))?(?: containing ""(?<text>.*)"")?$")]
    private static partial Regex HasFiles();

    [GeneratedRegex(@"^put(?: flags (?<flags>[-A-Za-z]+))?$")]
    private static partial Regex Put();

    [GeneratedRegex(@"^write (?<file>[a-z]+)$")]
    private static partial Regex Write();

    [GeneratedRegex(@"^flag ""(?<text>.*)"" (?<flags>[A-Za-z]*)$")]
    private static partial Regex Flag();

    [GeneratedRegex(@"^move ""(?<text>.*)"" to (?<to>\S+)$")]
    private static partial Regex Move();

    [GeneratedRegex(@"^remove ""(?<text>.*)""$")]
    private static partial Regex Remove();
}

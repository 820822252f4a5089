using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Courier.CommandLine;
using Courier.Queue;
using Courier.Queue.History;
using Courier.Queue.Sqlite;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Program;

/// <summary>The queue's commands, beside an owner that runs and without one.</summary>
#pragma warning disable CA1001 // xunit ends it by IAsyncLifetime
public class QueueCommandTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private ISpool _owner = null!;
    private QueueId _first;
    private QueueId _second;

    private static CancellationToken Ct => CancellationToken.None;

    private protected virtual Task<ISpool> OpenAsync(string directory) =>
        Task.FromResult<ISpool>(SqliteSpool.Open(new SpoolSettings { Directory = directory }, TimeProvider.System, NullLogger.Instance));

    /// <summary>Further lines of the configuration.</summary>
    private protected virtual string Settings => "";

    public async Task InitializeAsync()
    {
        _owner = await OpenAsync(_directory.Path);
        _first = await _owner.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        _second = await _owner.SubmitAsync(Messages.Envelope("joan@example.net") with { Sender = Courier.Mail.Addresses.ReversePath.Null });
        await _owner.LeaseDueAsync(DateTimeOffset.UtcNow, 10, Ct);
        var later = DateTimeOffset.UtcNow + TimeSpan.FromHours(1);
        await _owner.CompleteAsync(
            [new RecipientUpdate(_first, 0, later, "451 greylisted"), new RecipientUpdate(_first, 1, null, null), new RecipientUpdate(_second, 0, WaitsFor.Route, "held: no next hop", IsAttempt: false)], [], Ct);
    }

    public virtual async Task DisposeAsync()
    {
        await _owner.DisposeAsync();
        _directory.Dispose();
    }

    private protected async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var file = Path.Combine(_directory.Path, "courier.conf");
        await File.WriteAllTextAsync(file, $"[server]\nstate = {_directory.Path}\n{Settings}", Ct);
        var parsed = CourierCommand.Create().Parse([.. arguments, "--config", file]);
        Assert.Empty(parsed.Errors);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Ct);
        return (code, output.ToString(), error.ToString());
    }

    private async Task<QueuedRecipient> RecipientAsync(QueueId id) => Assert.Single((await _owner.FindAsync(id, Ct))!.Recipients);

    [Theory]
    [InlineData("", true, true)]
    [InlineData("--sender ada@example.org", true, false)]
    [InlineData("--sender <>", false, true)]
    [InlineData("--recipient grace@example.com", true, false)]
    [InlineData("--domain example.net", false, true)]
    public async Task A_listing_takes_a_selection_and_prints_text_or_json(string selection, bool hasFirst, bool hasSecond)
    {
        string[] options = selection.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (code, text, _) = await RunAsync(["queue", "list", .. options]);
        Assert.Equal((0, hasFirst, hasSecond), (code, text.Contains(_first.ToString(), StringComparison.Ordinal), text.Contains(_second.ToString(), StringComparison.Ordinal)));
        var (_, json, _) = await RunAsync(["queue", "list", "--json", .. options]);
        using var parsed = JsonDocument.Parse(json);
        Assert.Equal((hasFirst ? 1 : 0) + (hasSecond ? 1 : 0), parsed.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Why_says_what_each_recipient_waits_for()
    {
        var (_, text, _) = await RunAsync("queue", "why");
        Assert.Contains("Deferred after 1 attempt; next ", text, StringComparison.Ordinal);
        Assert.Contains("451 greylisted", text, StringComparison.Ordinal);
        Assert.Contains("No route leads there", text, StringComparison.Ordinal);
        await RunAsync("queue", "hold", _first.ToString());
        Assert.Contains("Held by an operator", (await RunAsync("queue", "why", _first.ToString())).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NoUser, (await RunAsync("queue", "why", "ABC")).Code);
    }

    [Fact]
    public async Task Hold_release_reroute_and_cancel_change_what_they_name()
    {
        Assert.Equal("1 recipients is held.\n", (await RunAsync("queue", "hold", "--domain", "example.com")).Output);
        Assert.Equal(WaitsFor.Operator, (await RecipientAsync(_first)).NextAttempt);
        Assert.Equal(0, (await RunAsync("queue", "release", _first.ToString())).Code);
        Assert.True((await RecipientAsync(_first)).NextAttempt <= DateTimeOffset.UtcNow);
        await RunAsync("queue", "reroute", "--sender", "<>", "--to", "192.0.2.9:26");
        Assert.Equal("192.0.2.9:26", (await RecipientAsync(_second)).NextHop);
        await RunAsync("cancelmsg", _second.ToString(), "out of date");
        Assert.Equal("out of date", (await RecipientAsync(_second)).Cancelled);
        await RunAsync("queue", "cancel", "--recipient", "grace@example.com", "--reason", "wrong list");
        Assert.Equal("wrong list", (await RecipientAsync(_first)).Cancelled);
    }

    [Theory]
    [InlineData("hold")]
    [InlineData("cancel")]
    [InlineData("retry")]
    [InlineData("reroute")]
    public async Task A_change_that_names_nothing_is_refused_unless_all_is_said(string change)
    {
        var (code, _, error) = await RunAsync("queue", change);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--all", error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("queue", change, "--all")).Code);
    }

    [Fact]
    public async Task Flush_makes_all_due_and_an_unknown_id_is_an_error()
    {
        Assert.Equal("2 recipients are due now.\n", (await RunAsync("flush")).Output);
        Assert.Equal(2, (await _owner.LeaseDueAsync(DateTimeOffset.UtcNow, 10, Ct)).Count);
        Assert.Equal(ExitCode.NoUser, (await RunAsync("flush", "ABCDEF")).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync("queue", "flush", "xyz!")).Code);
    }

    [Fact]
    public async Task Mailq_prints_a_table_and_lines_for_programs()
    {
        var (_, table, _) = await RunAsync("mailq");
        Assert.Contains(_first.ToString(), table, StringComparison.Ordinal);
        Assert.Contains("grace@example.com  (451 greylisted)", table, StringComparison.Ordinal);
        Assert.EndsWith("2 messages.\n", table, StringComparison.Ordinal);
        var (_, batch, _) = await RunAsync("mailq", "-batch");
        Assert.Matches($"^25;{_first};[0-9]+;192.0.2.1;ada@example.org;;grace@example.com;done;joan@example.net\n25;{_second};[0-9]+;192.0.2.1;;;joan@example.net\n$", batch);
        Assert.StartsWith($"25;{_second};", (await RunAsync("mailq", "-batch", "-sort")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_prints_what_happened_and_what_it_waits_for()
    {
        using (var history = new MessageHistory(Path.Combine(_directory.Path, "history"), 1 << 20, TimeProvider.System, NullLogger.Instance))
        {
            history.Add(_first, HistoryEvent.Queued, "", "from ada");
            history.Add(_second, HistoryEvent.Queued, "", "of another");
            history.Add(_first, HistoryEvent.Delivered, "joan@example.net", "2.0.0 in the\tmailbox\r\n");
        }

        await RunAsync("queue", "hold", _first.ToString());
        var (_, text, _) = await RunAsync("trace", _first.ToString());
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["Queued", "Delivered", "Command", "Waiting"], lines.Select(line => line[19..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.EndsWith("<joan@example.net>  2.0.0 in the mailbox  ", lines[1], StringComparison.Ordinal);
        Assert.Contains("Held by an operator", lines[3], StringComparison.Ordinal);
        await RunAsync("queue", "remove", _first.ToString());
        Assert.Contains("Removed", (await RunAsync("trace", _first.ToString())).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NoUser, (await RunAsync("trace", "ABCDEF")).Code);
    }

    [Fact]
    public async Task What_was_exported_is_imported_with_the_recipients_that_waited()
    {
        var files = Path.Combine(_directory.Path, "exported");
        Assert.Equal(0, (await RunAsync("queue", "export", "--sender", "ada@example.org", "--to", files, "--remove")).Code);
        Assert.Null(await _owner.FindAsync(_first, Ct));
        Assert.NotNull(await _owner.FindAsync(_second, Ct));
        var file = Assert.Single(Directory.GetFiles(files));
        Assert.Equal(_first + ".message", Path.GetFileName(file));
        await _owner.DisposeAsync();
        Assert.Equal(0, (await RunAsync("queue", "import", file)).Code);
        await File.WriteAllTextAsync(file, "nonsense\n\n", Ct);
        Assert.Equal(ExitCode.DataError, (await RunAsync("queue", "import", file)).Code);
        _owner = await OpenAsync(_directory.Path);
        var entry = Assert.Single(await _owner.ListAsync(new QueueSelection { Sender = "ada@example.org" }, 10, Ct));
        Assert.Equal(["grace@example.com"], entry.Envelope.Recipients.Select(one => one.Address.ToString()));
        var wanted = System.Text.Encoding.ASCII.GetString(Messages.Trace) + "Subject: hello\r\n\r\nHello\r\n";
        Assert.Equal(System.Text.Encoding.ASCII.GetBytes(wanted), (await _owner.OpenAsync(entry.Id, Ct))!.Value.Body.ReadAll());
    }

    [Fact]
    public async Task Without_a_server_the_changes_are_made_and_wait_for_its_start()
    {
        await _owner.DisposeAsync();
        Assert.Equal(0, (await RunAsync("queue", "hold", _first.ToString())).Code);
        Assert.Contains("held by an operator", (await RunAsync("queue", "list")).Output, StringComparison.Ordinal);
        _owner = await OpenAsync(_directory.Path);
        Assert.Equal(WaitsFor.Operator, (await RecipientAsync(_first)).NextAttempt);
    }
}

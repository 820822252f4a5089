using Courier.Faults.Load;
using Courier.Faults.Rounds;

namespace Courier.Faults.Audit;

/// <summary>The audit itself: it must see every kind of broken promise.</summary>
public sealed class MailAuditTests : IDisposable
{
    private const string User = "user@example.test";

    private readonly string _root = Directory.CreateTempSubdirectory("courier-audit-").FullName;
    private readonly Ledger _ledger = new();
    private int _files;

    private Verdict Judge() => new MailAudit(_ => _root, [User]).Judge(_ledger);

    private void Promise(string token, Outcome outcome) => _ledger.Record(new(token, [User], outcome));

    private void Put(string folder, string text)
    {
        Directory.CreateDirectory(Path.Combine(_root, folder));
        File.WriteAllText(Path.Combine(_root, folder, $"{_files++}.x:2,S"), text);
    }

    private void Deliver(string token, string folder = "new") => Put(folder, Messages.Text(token, 2000));

    [Fact]
    public void Kept_promises_are_no_complaint()
    {
        Promise("a", Outcome.Acknowledged);
        Promise("b", Outcome.InDoubt);
        Promise("c", Outcome.InDoubt);
        Promise("d", Outcome.NotAccepted);
        Deliver("a", "cur");
        Deliver("b", ".Sub/new");
        var verdict = Judge();
        Assert.Empty(verdict.Complaints);
        Assert.Equal((1, 2, 0, 0), (verdict.Acknowledged, verdict.InDoubt, verdict.Lost, verdict.Duplicated));
    }

    [Fact]
    public void An_acknowledged_message_that_is_nowhere_is_lost()
    {
        Promise("a", Outcome.Acknowledged);
        Assert.Equal(1, Judge().Lost);
        Assert.StartsWith("lost: a", Assert.Single(Judge().Complaints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Outcome.Acknowledged)]
    [InlineData(Outcome.InDoubt)]
    public void A_message_that_is_there_twice_is_duplicated(Outcome outcome)
    {
        Promise("a", outcome);
        Deliver("a");
        Deliver("a", ".Sub/cur");
        Assert.Equal(1, Judge().Duplicated);
        Assert.NotEmpty(Judge().Complaints);
    }

    [Fact]
    public void A_torn_file_is_seen()
    {
        Promise("a", Outcome.Acknowledged);
        Put("new", Messages.Text("a", 2000)[..1500]);
        Assert.Contains(Judge().Complaints, complaint => complaint.StartsWith("torn", StringComparison.Ordinal));
    }

    [Fact]
    public void Mail_that_was_refused_or_never_sent_is_seen()
    {
        Promise("a", Outcome.NotAccepted);
        Deliver("a");
        Deliver("stranger");
        Assert.Contains(Judge().Complaints, complaint => complaint.StartsWith("refused, but there: a", StringComparison.Ordinal));
        Assert.Contains(Judge().Complaints, complaint => complaint.StartsWith("nobody sent this", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_left_in_staging_is_seen()
    {
        Put("courier/staging", "x");
        Assert.StartsWith("left in staging", Assert.Single(Judge().Complaints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("[]\n", 0)]
    [InlineData("[{\"id\":1},{\"id\":2}]", 2)]
    [InlineData("{\"entries\":[{\"id\":1}]}", 1)]
    [InlineData("{\"id\":1}\n{\"id\":2}\n", 2)]
    [InlineData("{\"id\":1}", 1)]
    public void The_length_of_the_queue_is_read_from_its_JSON(string json, int count) => Assert.Equal(count, FaultRun.CountEntries(json));

    [Fact]
    public void A_row_of_the_report_has_the_columns_of_the_table()
    {
        var row = ReliabilityReport.Row(new(2024, 5, 6, 0, 0, 0, TimeSpan.Zero), "abc", "kill -9", 20, new(100, 3, 0, 0, 1, []), 42);
        Assert.Equal("| 2024-05-06 | abc | kill -9 | 20 | 100 | 3 | 0 | 0 | 1 | 42 |", row);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}

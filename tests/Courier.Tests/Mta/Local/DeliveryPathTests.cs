using System.Diagnostics;
using Courier.IO.Files;
using Courier.Mta.Bounces;
using Courier.Mta.Delivery.Local;
using Courier.Mta.Routing;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Local;

/// <summary>Spool, scheduler, router, mailboxes and bounces together.</summary>
public sealed class DeliveryPathTests
{
    [Fact]
    public async Task Every_accepted_recipient_ends_in_its_mailbox_once_or_in_a_bounce_or_in_the_queue_over_restarts()
    {
        using var directory = new TemporaryDirectory();
        var accounts = new FakeAccounts(directory.Path);
        foreach (var user in new[] { "grace", "joan", "ada" })
            accounts.Add(user);
        var expected = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < 4; round++)
        {
            // Each round but the last is stopped in the middle of its work.
            await RunAsync(directory.Path, accounts, async (scheduler, spool) =>
            {
                var submissions = Enumerable.Range(0, 40).Select(async n =>
                {
                    await Task.Yield();
                    var envelope = Messages.Envelope("grace@example.com", "joan@example.com", "gone@example.com", "x@elsewhere.test");
                    // The sender is a user here: reports come back into a mailbox.
                    envelope = envelope with { Sender = new(Courier.Mail.Addresses.MailAddress.Parse("ada@example.com")) };
                    return await scheduler.SubmitAsync(envelope, Messages.Bytes(n * 10));
                });
                foreach (var id in await Task.WhenAll(submissions))
                    expected.Add(id.ToString());
                if (round == 3)
                    await DrainedAsync(scheduler, spool, held: expected.Count);
            });
        }

        foreach (var user in new[] { "grace", "joan" })
        {
            var delivered = Directory.GetFiles(accounts.Maildir(user) + "/new").Select(QueueIdOf).ToList();
            Assert.Equal(delivered.Count, delivered.Distinct().Count());
            Assert.Equal(expected.Order(StringComparer.Ordinal), delivered.Order(StringComparer.Ordinal));
            Assert.Empty(Directory.GetFiles(accounts.Maildir(user) + "/courier/staging"));
        }

        var reports = Directory.GetFiles(accounts.Maildir("ada") + "/new").Select(File.ReadAllText).ToList();
        Assert.Equal(expected.Count, reports.Count);
        Assert.All(reports, report => Assert.Contains("Final-Recipient: rfc822; gone@example.com", report, StringComparison.Ordinal));
    }

    private static async Task RunAsync(string directory, FakeAccounts accounts, Func<Scheduler, SqliteSpool, Task> work)
    {
        var clock = TimeProvider.System;
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = directory }, clock, NullLogger.Instance);
        await using var local = new LocalAgent(spool, accounts, new LocalDeliverySettings { Host = "mx.test" }, clock, NullLogger.Instance);
        var router = new Router(accounts, new RelaySettings { Hold = true }, local, _ => throw new UnreachableException());
        var bounces = new BounceWriter("mx.test", () => new MessageBuffer(directory + "/spool", 1 << 16), new BounceLimits(), clock);
        await using var scheduler = new Scheduler(spool, router, bounces, new ScheduleSettings(), clock, NullLogger.Instance);
        scheduler.Start();
        await work(scheduler, spool);
    }

    private static async Task DrainedAsync(Scheduler scheduler, SqliteSpool spool, int held)
    {
        var begun = Stopwatch.GetTimestamp();
        while (scheduler.InMemory > 0 || spool.Length > held || spool.Leases.Count > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), $"{scheduler.InMemory} in memory, {spool.Length} queued");
            await Task.Delay(5);
        }
    }

    private static string QueueIdOf(string path)
    {
        var name = Path.GetFileName(path);
        var start = name.IndexOf('Q', StringComparison.Ordinal) + 1;
        return name[start..name.IndexOf('R', start)];
    }
}

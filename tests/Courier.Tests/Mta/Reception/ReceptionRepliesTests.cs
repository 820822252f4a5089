using System.Reflection;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Senders;
using Courier.Queue;
using Courier.Smtp.Replies;

namespace Courier.Tests.Mta.Reception;

public sealed class ReceptionRepliesTests
{
    public static TheoryData<string> Names { get; } = [.. Properties.Select(property => property.Name)];

    private static IEnumerable<PropertyInfo> Properties =>
        new[] { typeof(ReceptionReplies), typeof(SenderReplies) }.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Static));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_reply_has_a_status_of_its_class_and_printable_text(string name) =>
        Check((SmtpReply)Properties.Single(property => property.Name == name).GetValue(null)!);

    [Fact]
    public void Replies_that_are_made_have_too()
    {
        Check(ReceptionReplies.Accepted(new QueueId(long.MaxValue)));
        Check(ReceptionReplies.Deferred(new(4, 2, 1)));
        Check(ReceptionReplies.Undeliverable(new(5, 2, 2)));
        Assert.Equal(552, ReceptionReplies.Undeliverable(new(5, 2, 2)).Code);
        Assert.Equal(550, ReceptionReplies.Undeliverable(new(5, 1, 1)).Code);
    }

    [Fact]
    public void No_two_replies_are_the_same()
    {
        var replies = Properties.Select(property => property.GetValue(null)).ToList();
        Assert.Equal(replies.Count, replies.Distinct().Count());
    }

    private static void Check(SmtpReply reply)
    {
        Assert.Equal(reply.Code / 100, reply.Status!.Value.Class);
        Assert.InRange(reply.Code, 200, 599);
        Assert.All(reply.Text, c => Assert.InRange(c, ' ', '~'));
        Assert.InRange(reply.Text.Length, 1, 400);
    }
}

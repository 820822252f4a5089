using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Imap;

public sealed class UidSetTests
{
    [Fact]
    public void It_behaves_as_a_set() =>
        Prop.ForAll<(int Uid, bool Add)[]>(steps =>
        {
            var set = new UidSet();
            var model = new HashSet<uint>();
            foreach (var (value, add) in steps)
            {
                var uid = (uint)(Math.Abs((long)value) % 30) + 1;
                if (!add && set.Remove(new(uid)) != model.Remove(uid))
                    return false;
                if (!add)
                    continue;
                model.Add(uid);
                set.Add(new Uid(uid));
            }

            return set.Count == model.Count && Enumerable.Range(1, 31).All(uid => set.Contains(new((uint)uid)) == model.Contains((uint)uid));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ranges_that_overlap_become_one()
    {
        var set = new UidSet();
        set.Add(new(10), new(20));
        set.Add(new(5), new(12));
        set.Add(new(30), new(40));
        set.Add(new(15), new(35));
        Assert.Equal(36, set.Count);
        Assert.True(set.Contains(new(25)));
        Assert.False(set.Contains(new(4)));
    }

    [Theory]
    [InlineData(new uint[] { 1 }, "1")]
    [InlineData(new uint[] { 1, 2, 3, 7, 9, 10 }, "1:3,7,9:10")]
    [InlineData(new uint[] { 5, 4 }, "5,4")]
    public void Uids_are_written_in_order_with_runs_as_ranges(uint[] uids, string text) => Assert.Equal(text, SetText.Of([.. uids.Select(uid => new Uid(uid))]));
}

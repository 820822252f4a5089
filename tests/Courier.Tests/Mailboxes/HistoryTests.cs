using System.Globalization;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mailboxes;

/// <summary>Random histories of two processes of ours and a program that knows nothing of us, on one Maildir. Whatever the order: no UID
/// ever names two messages, no message stays unseen, none is lost but by expunging, and flags are what was last acknowledged.</summary>
public class HistoryTests
{
    private const int Steps = 14;

    [Fact]
    public void Whatever_happens_in_a_Maildir_UIDs_name_one_message_each_and_flags_are_as_acknowledged()
    {
        var histories = Gen.Choose(0, 1_000_000).ArrayOf(60).ToArbitrary();
        var check = Config.QuickThrowOnFailure.WithMaxTest(25);
        Prop.ForAll(histories, history => RunAsync(history).GetAwaiter().GetResult()).Check(check);
    }

    private static async Task RunAsync(int[] history)
    {
        await using var world = new World();
        await world.StartAsync();
        foreach (var number in history)
            await world.StepAsync(number % Steps, number / Steps);
        await world.SettleAsync();
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly StoreFixture _fixture = new();
        private readonly MailAccount?[] _accounts = new MailAccount?[2];
        private readonly MailStore?[] _stores = new MailStore?[2];
        private readonly Mailbox?[] _boxes = new Mailbox?[2];

        /// <summary>What each UID was seen to be.</summary>
        private readonly Dictionary<uint, string> _seen = [];

        /// <summary>Messages that there are, with their flags.</summary>
        private readonly Dictionary<string, MessageFlags> _messages = new(StringComparer.Ordinal);
        private int _count;
        private uint _validity;

        internal async Task StartAsync()
        {
            await OpenAsync(0);
            await OpenAsync(1);
            _validity = _boxes[0]!.Current.UidValidity.Value;
        }

        internal async Task StepAsync(int step, int number)
        {
            var who = number & 1;
            var box = _boxes[who]!;
            number >>= 1;
            var flag = (MessageFlags)(1 << (number % 5));
            switch (step)
            {
                case 0 or 1:
                    var content = $"message {++_count}";
                    var file = _fixture.Maildir.Drop(content, inCur: step == 1, flags: step == 1 ? "S" : "");
                    _messages.Add(content, step == 1 ? MessageFlags.Seen : MessageFlags.None);
                    Assert.NotEmpty(file);
                    break;
                case 2:
                    var text = $"message {++_count}";
                    var placed = await _accounts[who]!.AppendAsync(MailboxName.Inbox, [StoreFixture.Message(text, flag)], default);
                    See(placed!.Uids[0].Value, text);
                    _messages.Add(text, flag);
                    break;
                case 3 or 4 or 5:
                    await StoreAsync(box, number, flag, step);
                    break;
                case 6:
                    await ExpungeAsync(box);
                    break;
                case 7:
                    Outside(number, file => File.Delete(file), content => _messages.Remove(content));
                    break;
                case 8 or 9:
                    Outside(number, file => File.Move(file, Renamed(file, flag)), content => _messages[content] = flag);
                    break;
                case 10:
                    await box.ClaimRecentAsync(default);
                    break;
                case 11:
                    await CheckAsync(box);
                    break;
                case 12:
                    await box.DisposeAsync();
                    await _stores[who]!.DisposeAsync();
                    await OpenAsync(who);
                    break;
                default:
                    File.Delete(_fixture.Maildir.Path + "/courier/" + (number % 2 == 0 ? "index" : "forms"));
                    break;
            }
        }

        internal async Task SettleAsync()
        {
            foreach (var box in _boxes)
            {
                // Inotify tells a moment later than it happened.
                for (var patience = 0; ; patience++)
                {
                    await CheckAsync(box!);
                    if (box!.Current.Count == _messages.Count && Flags(box).OrderBy(pair => pair.Key, StringComparer.Ordinal)
                        .SequenceEqual(_messages.OrderBy(pair => pair.Key, StringComparer.Ordinal)))
                        break;
                    Assert.True(patience < 100, $"seen: {StoreFixture.Describe(box.Current)}; there are {string.Join(", ", _messages)}");
                    await Task.Delay(10);
                }
            }
        }

        public ValueTask DisposeAsync() => _fixture.DisposeAsync();

        private async Task OpenAsync(int who)
        {
            _stores[who] = _fixture.Store();
            _accounts[who] = _stores[who]!.Open(_fixture.Maildir.Path);
            _boxes[who] = await _fixture.InboxAsync(_accounts[who]);
        }

        private Dictionary<string, MessageFlags> Flags(Mailbox box) =>
            Enumerable.Range(0, box.Current.Count).ToDictionary(i => _seen[box.Current.UidAt(i).Value], i => box.Current.FlagsAt(i), StringComparer.Ordinal);

        private async Task StoreAsync(Mailbox box, int number, MessageFlags flag, int step)
        {
            await CheckAsync(box);
            if (box.Current.Count == 0)
                return;
            var uid = box.Current.UidAt(number % box.Current.Count);
            var change = step == 3 ? StoreFixture.Add(flag) : step == 4 ? StoreFixture.Remove(flag) : StoreFixture.Replace(flag);
            var gone = await box.StoreAsync([uid], change, default);
            var content = _seen[uid.Value];
            if (gone.Count > 0)
            {
                Assert.DoesNotContain(content, _messages.Keys);
                return;
            }

            // Another process may have changed flags that this one had not seen yet: acknowledged is what the file says now.
            if (_messages.ContainsKey(content))
                _messages[content] = OnDisk(content);
            if (step != 4)
                Assert.True(OnDisk(content).HasFlag(flag));
            else
                Assert.False(OnDisk(content).HasFlag(flag));
        }

        private async Task ExpungeAsync(Mailbox box)
        {
            await CheckAsync(box);
            foreach (var uid in await box.ExpungeAsync(null, default))
            {
                var content = _seen[uid.Value];
                Assert.True(_messages.Remove(content, out _), $"{content} was expunged and was not there");
                Assert.Equal(content, await StoreFixture.TextAsync(box, uid));
            }
        }

        private async Task CheckAsync(Mailbox box)
        {
            var snapshot = await box.RefreshAsync(default);
            Assert.Equal(_validity, snapshot.UidValidity.Value);
            uint last = 0;
            for (var i = 0; i < snapshot.Count; i++)
            {
                var uid = snapshot.UidAt(i).Value;
                Assert.True(uid > last && uid < snapshot.UidNext.Value);
                last = uid;
                if (await StoreFixture.TextAsync(box, new Uid(uid)) is { } content)
                    See(uid, content);
            }
        }

        private void See(uint uid, string content)
        {
            if (!_seen.TryAdd(uid, content))
                Assert.Equal(_seen[uid], content);
        }

        private List<string> Files() =>
        [
            .. Directory.GetFiles(_fixture.Maildir.Path + "/new"),
            .. Directory.GetFiles(_fixture.Maildir.Path + "/cur"),
        ];

        private MessageFlags OnDisk(string content)
        {
            var file = Files().Single(path => File.ReadAllText(path) == content);
            var at = file.IndexOf(":2,", StringComparison.Ordinal);
            return at < 0 ? MessageFlags.None : file[(at + 3)..].Aggregate(MessageFlags.None, (flags, letter) => flags | (MessageFlags)(1 << "DFRST".IndexOf(letter, StringComparison.Ordinal)));
        }

        private void Outside(int number, Action<string> work, Action<string> note)
        {
            var files = Files();
            if (files.Count == 0)
                return;
            files.Sort(StringComparer.Ordinal);
            var file = files[number % files.Count];
            var content = File.ReadAllText(file);
            work(file);
            note(content);
        }

        private static string Renamed(string file, MessageFlags flag)
        {
            var name = Path.GetFileName(file);
            var at = name.IndexOf(":2,", StringComparison.Ordinal);
            var letter = "DFRST"[int.Log2((int)flag)].ToString(CultureInfo.InvariantCulture);
            return $"{Path.GetDirectoryName(Path.GetDirectoryName(file))}/cur/{(at < 0 ? name : name[..at])}:2,{letter}";
        }
    }
}

using System.Text;
using Courier.Mail.Headers;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class ModifiedUtf7Tests
{
    [Theory]
    [InlineData("INBOX", "INBOX")]
    [InlineData("", "")]
    [InlineData("R&D", "R&-D")]
    [InlineData("&&", "&-&-")]
    [InlineData("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")] // RFC 3501 §5.1.3
    [InlineData("Entwürfe", "Entw&APw-rfe")]
    [InlineData("😀", "&2D3eAA-")]
    [InlineData("é&é", "&AOk-&-&AOk-")]
    [InlineData("a\tb", "a&AAk-b")]
    public void A_name_has_one_form_on_the_wire(string name, string wire)
    {
        Assert.Equal(wire, ModifiedUtf7.Encode(name));
        Assert.True(ModifiedUtf7.TryDecode(Encoding.ASCII.GetBytes(wire), out var decoded));
        Assert.Equal(name, decoded);
    }

    [Theory]
    [InlineData("&")]
    [InlineData("a&b")]
    [InlineData("&AOk")]
    [InlineData("&Jjo!")]
    [InlineData("&U,BTFw-&ZeVnLIqe-")] // superfluous shift, RFC 3501 §5.1.3
    [InlineData("&AGE-")]               // encodes an a
    [InlineData("&ACY-")]               // encodes an &
    [InlineData("&AOl-")]               // stray bits
    [InlineData("&AO-")]                // half a unit
    [InlineData("&U/BTFw-")]            // the slash of plain base64
    [InlineData("&AOk=-")]
    [InlineData("&AO k-")]
    [InlineData("&2D0-")]               // half a surrogate pair
    [InlineData("a\u0001")]
    [InlineData("é")]
    public void Any_other_form_is_refused(string wire) => Assert.False(ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(wire), out _));

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character() =>
        Assert.Equal(ModifiedUtf7.Encode("a\uFFFDb"), ModifiedUtf7.Encode("a\uD83Db"));

    [Fact]
    public void Every_name_survives_the_wire() =>
        Prop.ForAll<NonNull<string>>(text =>
        {
            var name = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)); // whole surrogate pairs only
            return ModifiedUtf7.TryDecode(Encoding.ASCII.GetBytes(ModifiedUtf7.Encode(name)), out var decoded) && decoded == name;
        }).QuickCheckThrowOnFailure();
}

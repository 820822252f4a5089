using System.Text;
using Courier.Mail.Headers;

namespace Courier.Tests.Mail;

/// <summary>The fast form of i;unicode-casemap is the slow one, character by character and in texts.</summary>
public sealed class CaseMapSpeedTests
{
    [Fact]
    public void EveryCharacterIsMappedAsItsKey()
    {
        var buffer = new char[8];
        for (var code = 0; code <= char.MaxValue; code++)
        {
            if (char.IsSurrogate((char)code) || code == 0xfffe)
                continue;
            var text = "a" + (char)code + "b";
            Assert.True(CaseMap.TryMap(text, ref buffer, out var length), $"U+{code:X4}");
            Assert.Equal(Encoding.UTF8.GetString(CaseMap.Key(text)), new string(buffer, 0, length));
        }
    }

    [Fact]
    public void WhatIsNoCharacterIsLeftAsItIs()
    {
        var buffer = new char[8];
        Assert.False(CaseMap.TryMap("a\ufffe", ref buffer, out _));
        Assert.Equal("A\ufffe", Encoding.UTF8.GetString(CaseMap.Key("a\ufffe")));
        Assert.Equal("E\ufffd", CaseMap.Fold("é\ufffe"));
    }

    [Fact]
    public void TextsAreMappedAsTheirKeys()
    {
        var random = new Random(5);
        var buffer = new char[8];
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(4) switch
            {
                0 => (char)random.Next(0x300, 0x370),
                1 => (char)random.Next(0x590, 0x900),
                2 => (char)random.Next(0x1e00, 0x2000),
                _ => (char)random.Next(32, 0x250),
            }));
            if (CaseMap.TryMap(text, ref buffer, out var length))
                Assert.Equal(Encoding.UTF8.GetString(CaseMap.Key(text)), new string(buffer, 0, length));
            else
                refused++;
        }

        Assert.InRange(refused, 1, 19_000);
        Assert.False(CaseMap.TryMap("😀", ref buffer, out _));
    }
}

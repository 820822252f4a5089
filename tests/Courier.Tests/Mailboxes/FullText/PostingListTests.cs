using Courier.Mailboxes.FullText;

namespace Courier.Tests.Mailboxes.FullText;

public sealed class PostingListTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(300, 1)]
    [InlineData(300, 2)]
    [InlineData(300, 40)]
    [InlineData(100_000, 999)]
    [InlineData(100_000, 13)]
    [InlineData(100_000, 3)]
    public void ComesBack(int messages, int distance)
    {
        var numbers = Enumerable.Range(0, messages).Where(number => number % distance == distance / 2 || number == messages - 1).Distinct().ToArray();
        var list = new byte[PostingList.BitmapLength(messages)];
        var length = PostingList.Write(numbers, messages, list);
        var bits = new ulong[(messages + 63) / 64];
        Assert.True(PostingList.TryRead(list.AsSpan(0, length), messages, bits));
        Assert.Equal(numbers, Enumerable.Range(0, messages).Where(number => (bits[number / 64] >> (number % 64) & 1) != 0));
        Assert.Equal(numbers.Length, PostingList.CountOf(bits));
    }

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xff, 0xff, 0x7f })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    public void WhatIsNoListIsRefused(byte[] list) => Assert.False(PostingList.TryRead(list, 1000, new ulong[16]));
}

using System.Globalization;
using System.Text;
using Courier.Mail.Headers;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class MailDateTests
{
    [Theory]
    [InlineData("Sat, 21 Nov 2026 01:02:03 +0000", "2026-11-21T01:02:03+00:00")]
    [InlineData("sat,21 NOV 2026 1:2:3 -0130", "2026-11-21T01:02:03-01:30")]
    [InlineData("21 Nov 2026 01:02 +0530", "2026-11-21T01:02:00+05:30")]
    [InlineData(" Thu,\r\n 13\r\n   Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland (or \\) so)) ", "1969-02-13T23:32:00-03:30")]
    [InlineData("Fri, 21 Nov 97 09(comment): 55 : 06 -0600", "1997-11-21T09:55:06-06:00")]
    [InlineData("21 Nov 49 00:00 GMT", "2049-11-21T00:00:00+00:00")]
    [InlineData("21 Nov 50 00:00 UT", "1950-11-21T00:00:00+00:00")]
    [InlineData("21 Nov 126 00:00 UT", "2026-11-21T00:00:00+00:00")]
    [InlineData("21 Nov 2026 00:00:00 pst", "2026-11-21T00:00:00-08:00")]
    [InlineData("21 Nov 2026 00:00:00 EDT", "2026-11-21T00:00:00-04:00")]
    [InlineData("21 Nov 2026 00:00:00 Z", "2026-11-21T00:00:00+00:00")]
    [InlineData("21 Nov 2026 00:00:00 A", "2026-11-21T00:00:00+00:00")]
    [InlineData("21 Nov 2026 00:00:00", "2026-11-21T00:00:00+00:00")]
    [InlineData("21 Nov 2026 00:00:00 +9900", "2026-11-21T00:00:00+00:00")]
    [InlineData("31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00")]
    [InlineData("29 Feb 2024 12:00:00 +0000", "2024-02-29T12:00:00+00:00")]
    [InlineData("15-Feb-2007 01:02:03 +0200", "2007-02-15T01:02:03+02:00")]
    public void A_date_field_is_read_with_its_obsolete_forms(string text, string expected)
    {
        Assert.True(MailDate.TryParse(Encoding.ASCII.GetBytes(text), out var date));
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), date);
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture).Offset, date.Offset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sat,")]
    [InlineData("Sat, 32 Nov 2026 01:02:03 +0000")]
    [InlineData("29 Feb 2026 01:02:03 +0000")]
    [InlineData("21 Xyz 2026 01:02:03 +0000")]
    [InlineData("21 Nov 2026")]
    [InlineData("21 Nov 2026 24:00:00 +0000")]
    [InlineData("21 Nov 2026 23:60:00 +0000")]
    [InlineData("21 Nov 2026 23:00:61 +0000")]
    [InlineData("21 Nov 2026 23:00: +0000")]
    [InlineData("21 Nov 1899 01:02:03 +0000")]
    [InlineData("21 Nov 99999 01:02:03 +0000")]
    [InlineData("00000000021 Nov 2026 01:02:03 +0000")]
    [InlineData("(21 Nov 2026 01:02:03 +0000")]
    public void What_is_no_date_is_refused(string text) => Assert.False(MailDate.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData(" 1-Nov-2026 01:02:03 +0000")]
    [InlineData("21-Nov-2026 01:02:03 -0330")]
    public void An_IMAP_date_reads_as_it_is_written(string text)
    {
        Assert.True(MailDate.TryParseImap(Encoding.ASCII.GetBytes(text), out var date));
        Assert.Equal(text, MailDate.FormatImap(date));
    }

    [Theory]
    [InlineData("")]
    [InlineData("21 Nov 2026 01:02:03 +0000")]
    [InlineData("21-Nov-26 01:02:03 +0000")]
    [InlineData("21-Nov-2026 1:02:03 +0000")]
    [InlineData("21-Nov-2026 01:02:03")]
    [InlineData("21-Nov-2026 01:02:03 GMT")]
    [InlineData("21-Nov-2026 01:02:03 +0060")]
    [InlineData("21-Nov-2026 01:02:03 +0000 ")]
    [InlineData(" 21-Nov-2026 01:02:03 +0000")]
    [InlineData("31-Nov-2026 01:02:03 +0000")]
    public void What_is_no_IMAP_date_is_refused(string text) => Assert.False(MailDate.TryParseImap(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Every_date_survives_both_forms()
    {
        var dates = from seconds in Gen.Choose(int.MinValue / 2, int.MaxValue)
                    from minutes in Gen.Choose(-14 * 60, 14 * 60)
                    select DateTimeOffset.FromUnixTimeSeconds(seconds).ToOffset(TimeSpan.FromMinutes(minutes));
        Prop.ForAll(dates.ToArbitrary(), date =>
            MailDate.TryParse(Encoding.ASCII.GetBytes(MailDate.Format(date)), out var header) && header.EqualsExact(date)
            && MailDate.TryParseImap(Encoding.ASCII.GetBytes(MailDate.FormatImap(date)), out var imap) && imap.EqualsExact(date))
            .QuickCheckThrowOnFailure();
    }
}

using System.Text;
using Courier.Pop3;
using Courier.Pop3.Commands;

namespace Courier.Tests.Pop3;

public sealed class CommandTableTests
{
    [Theory]
    [InlineData("STAT", "StatCommand { }")]
    [InlineData("stat ", "StatCommand { }")]
    [InlineData("LIST", "ListCommand { Number =  }")]
    [InlineData("LIST 12", "ListCommand { Number = 12 }")]
    [InlineData("uidl 1 ", "UidlCommand { Number = 1 }")]
    [InlineData("RETR 2147483647", "RetrCommand { Number = 2147483647 }")]
    [InlineData("TOP 1 0", "TopCommand { Number = 1, Lines = 0 }")]
    [InlineData("TOP 1  10", "TopCommand { Number = 1, Lines = 10 }")]
    [InlineData("DELE 007", "DeleCommand { Number = 7 }")]
    [InlineData("QUIT", "QuitCommand { }")]
    [InlineData("RSET", "RsetCommand { }")]
    [InlineData("NOOP", "NoopCommand { }")]
    [InlineData("CAPA", "CapaCommand { }")]
    public void A_command_after_the_login_is_read(string line, string expected)
    {
        var (problem, command) = Read(line, isLoggedIn: true);
        Assert.Null(problem);
        Assert.Equal(expected, command!.ToString());
    }

    [Theory]
    [InlineData("USER ada@example.test", "UserCommand { Name = ada@example.test }")]
    [InlineData("user Ada Lovelace ", "UserCommand { Name = Ada Lovelace }")]
    [InlineData("PASS  two  spaces ", "PASS (secret)")]
    [InlineData("AUTH PLAIN AGFkYQBzZWNyZXQ=", "AUTH PLAIN")]
    [InlineData("AUTH", "AUTH ")]
    [InlineData("STLS", "StlsCommand { }")]
    public void A_command_before_the_login_is_read(string line, string expected)
    {
        var (problem, command) = Read(line, isLoggedIn: false);
        Assert.Null(problem);
        Assert.Equal(expected, command!.ToString());
    }

    [Fact]
    public void A_password_keeps_its_spaces()
    {
        Assert.Equal(" two  spaces ", Assert.IsType<PassCommand>(Read("PASS  two  spaces ", isLoggedIn: false).Command).Password);
        Assert.Equal("pä55", Assert.IsType<PassCommand>(Read("PASS pä55", isLoggedIn: false).Command).Password);
    }

    [Theory]
    [InlineData("LIST x")]
    [InlineData("LIST -1")]
    [InlineData("LIST 0")]
    [InlineData("LIST 1 2")]
    [InlineData("LIST 2147483648")]
    [InlineData("LIST 99999999999999999999999")]
    [InlineData("LIST +1")]
    [InlineData("LIST 1x")]
    [InlineData("RETR")]
    [InlineData("RETR ")]
    [InlineData("TOP 1")]
    [InlineData("TOP 1 -1")]
    [InlineData("TOP 0 1")]
    [InlineData("TOP 1 x")]
    [InlineData("TOP  1")]
    [InlineData("DELE")]
    [InlineData("STAT 1")]
    [InlineData("QUIT now")]
    public void Bad_arguments_are_told(string line) => Assert.Equal((Pop3Reply.BadArguments, null), Read(line, isLoggedIn: true));

    [Theory]
    [InlineData("USER")]
    [InlineData("USER  ")]
    [InlineData("USER a\0b")]
    [InlineData("PASS")]
    [InlineData("AUTH PLAIN !!!")]
    [InlineData("AUTH PLAIN AGFk YQ==")]
    public void Bad_arguments_are_told_before_the_login(string line) => Assert.Equal((Pop3Reply.BadArguments, null), Read(line, isLoggedIn: false));

    [Fact]
    public void A_name_that_is_no_UTF8_is_bad() =>
        Assert.Equal((Pop3Reply.BadArguments, null), CommandTable.Read([.. "USER a"u8, 0xff], isLoggedIn: false));

    [Theory]
    [InlineData("")]
    [InlineData(" STAT")]
    [InlineData("NONSENSE")]
    [InlineData("STATX")]
    [InlineData("GET / HTTP/1.0")]
    [InlineData("\0\0\0\0")]
    public void What_is_no_command_is_unknown(string line) => Assert.Equal((Pop3Reply.Unknown, null), Read(line, isLoggedIn: true));

    [Fact]
    public void Every_command_has_its_states_by_RFC_1939()
    {
        var before = CommandTable.Rows.Where(row => row.Value.States.HasFlag(Pop3States.Authorization)).Select(row => row.Key).Order(StringComparer.Ordinal);
        var after = CommandTable.Rows.Where(row => row.Value.States.HasFlag(Pop3States.Transaction)).Select(row => row.Key).Order(StringComparer.Ordinal);
        Assert.Equal(["AUTH", "CAPA", "PASS", "QUIT", "STLS", "USER"], before);
        Assert.Equal(["CAPA", "DELE", "LIST", "NOOP", "QUIT", "RETR", "RSET", "STAT", "TOP", "UIDL"], after);
    }

    [Theory]
    [InlineData("PASS x", true)]
    [InlineData("USER x", true)]
    [InlineData("STLS", true)]
    [InlineData("STAT", false)]
    [InlineData("RETR 1", false)]
    public void A_command_out_of_its_state_is_not_for_now(string line, bool isLoggedIn) => Assert.Equal((Pop3Reply.NotNow, null), Read(line, isLoggedIn));

    private static (Pop3Reply? Problem, Pop3Command? Command) Read(string line, bool isLoggedIn) => CommandTable.Read(Encoding.UTF8.GetBytes(line), isLoggedIn);
}

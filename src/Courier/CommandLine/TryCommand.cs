using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Courier.Accounts;
using Courier.Configuration;
using Courier.Hosting;
using Courier.IO.Files;
using Courier.Mail.Addresses;

namespace Courier.CommandLine;

/// <summary><c>courier try</c>: a whole server on loopback high ports with an account, for a look or for writing software
/// against. Mail for other domains is held and never sent.</summary>
internal static class TryCommand
{
    private const string Address = "demo@example.test";
    private const int PasswordBytes = 9;

    internal static Command Create()
    {
        var state = new Option<string>("--state") { Description = "Directory for everything it makes.", HelpName = "DIR", DefaultValueFactory = _ => ".courier" };
        var command = new Command("try", "Run a whole server on loopback high ports, with an account to try.") { state };
        command.SetAction(async (parsed, _) =>
        {
            try
            {
                return await RunAsync(parsed, Path.GetFullPath(parsed.GetRequiredValue(state)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return await parsed.FailAsync(ExitCode.IOError, e.Message);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string directory)
    {
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "courier.conf");
        if (!File.Exists(file))
            DurableFile.Replace(file, Encoding.UTF8.GetBytes(ConfigurationText(directory)));
        var (settings, problems) = Settings.Load(new NativeFile(file), new EnvironmentSource(Environment.GetEnvironmentVariables()));
        foreach (var problem in problems)
            await parsed.InvocationConfiguration.Error.WriteLineAsync(problem.ToString());
        if (settings is null)
            return ExitCode.Configuration;
        var password = EnsureAccount(settings, Path.Combine(directory, "demo-password"));
        return await ServeCommand.RunAsync(parsed, settings, () => parsed.InvocationConfiguration.Output.WriteLine(Screen(settings.Defaults, directory, file, password)));
    }

    /// <summary>The account's password: made once and kept beside it, so that each start can show it.</summary>
    private static string EnsureAccount(Settings settings, string passwordFile)
    {
        using var accounts = Stores.OpenAccounts(settings);
        var address = MailAddress.Parse(Address);
        if (File.Exists(passwordFile) && accounts.Find(address) is not null)
            return File.ReadAllText(passwordFile).Trim();
        var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(PasswordBytes)).Replace('+', '-').Replace('/', '_');
        accounts.AddDomain(address.Domain);
        if (accounts.AddAccount(address, NewPassword.Of(password), Stores.Maildirs(settings).For(address)) == AddAccountOutcome.AlreadyExists)
            accounts.SetPassword(address, NewPassword.Of(password));
        DurableFile.Replace(passwordFile, Encoding.ASCII.GetBytes(password + "\n"));
        return password;
    }

    private static string ConfigurationText(string directory) => $"""
        # Made by `courier try`. Everything is on loopback; mail for other domains is held.
        [server]
        hostname = mail.example.test
        state = "{directory}"
        [accounts]
        default_domain = example.test
        postmaster = {Address}
        cleartext_logins = loopback
        [relay]
        networks = 127.0.0.0/8, ::1/128
        hold = yes
        [smtp]
        listen = 127.0.0.1:2525
        [submission]
        listen = 127.0.0.1:2587
        [submissions]
        listen = 127.0.0.1:2465
        [lmtp]
        listen = 127.0.0.1:2424
        [imap]
        listen = 127.0.0.1:2143
        [imaps]
        listen = 127.0.0.1:2993
        [pop3]
        listen = 127.0.0.1:2110
        [pop3s]
        listen = 127.0.0.1:2995
        [metrics]
        listen = 127.0.0.1:2080
        [log]
        level = warning

        """;

    /// <summary>Says what listens where by the settings: the file may have been edited, and the environment goes before it.</summary>
    private static string Screen(SettingsValues values, string directory, string file, string password)
    {
        return $"""

            Courier is running. State and mail lie in {directory}

              SMTP {At("smtp")}    submission {At("submission")} (STARTTLS), {At("submissions")} (TLS)    LMTP {At("lmtp")}
              IMAP {At("imap")}, {At("imaps")} (TLS)    POP3 {At("pop3")}, {At("pop3s")} (TLS)    http://{At("metrics")}/metrics

            {Address}  password: {password}

            Send a message, read it, open the mailbox:

              swaks --server {At("smtp")} --from you@example.com --to {Address} --h-Subject 'Hello' --body 'It works.'
              curl -k --user '{Address}:{password}' 'imaps://{At("imaps")}/INBOX;MAILINDEX=1'
              mutt -n -F /dev/null -e 'set certificate_file="{directory}/tls/certificate.pem" imap_user={Address} imap_pass={password} folder=imaps://localhost:{PortOf("imaps")}/' -f +INBOX

            Mail for other domains is held:  courier --config {file} queue list
            Ctrl-C stops the server.
            """;

        string At(string section) => Listening(section)?.ToString() ?? "(none)";
        string PortOf(string section) => Listening(section)?.Port.ToString(CultureInfo.InvariantCulture) ?? "(none)";
        IPEndPoint? Listening(string section) => values.Get(SettingTable.Listener(section)) is [var first, ..] ? first : null;
    }
}

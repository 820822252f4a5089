using System.CommandLine;
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
        return await ServeCommand.RunAsync(parsed, settings, () => parsed.InvocationConfiguration.Output.WriteLine(Screen(directory, file, password)));
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

    private static string Screen(string directory, string file, string password) => $"""

        Courier is running. State and mail lie in {directory}

          SMTP 127.0.0.1:2525    submission 2587 (STARTTLS), 2465 (TLS)    LMTP 2424
          IMAP 127.0.0.1:2143, 2993 (TLS)    POP3 2110, 2995 (TLS)    http://127.0.0.1:2080/metrics

        {Address}  password: {password}

        Send a message, read it, open the mailbox:

          swaks --server 127.0.0.1:2525 --from you@example.com --to {Address} --h-Subject 'Hello' --body 'It works.'
          curl -k --user '{Address}:{password}' 'imaps://127.0.0.1:2993/INBOX;MAILINDEX=1'
          mutt -n -F /dev/null -e 'set certificate_file="{directory}/tls/certificate.pem" imap_user={Address} imap_pass={password}' -f imaps://localhost:2993/INBOX

        Mail for other domains is held:  courier --config {file} queue list
        Ctrl-C stops the server.
        """;
}

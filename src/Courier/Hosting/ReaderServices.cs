using System.Net.Security;
using Courier.Accounts;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Imap;
using Courier.Mailboxes;
using Courier.Pop3;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The services by which users read their mail, each for the settings of a context.</summary>
internal sealed class ReaderServices(
    Settings settings, IAccountDirectory accounts, MailStore store, Func<SslServerAuthenticationOptions>? tls, TimeProvider clock, ILoggerFactory logging)
{
    /// <summary>RFC 3206 §4: a trouble of ours that passes.</summary>
    private static readonly ReadOnlyMemory<byte> _pop3Refusal = "-ERR [SYS/TEMP] Too many connections, try again later\r\n"u8.ToArray();

    /// <summary>Opens the listeners of IMAP.</summary>
    internal void StartImap(ListenerSet listeners)
    {
        listeners.Start("imap", ImapFor, isTls: false, ImapServer.Refusal);
        listeners.Start("imaps", ImapFor, isTls: true, ImapServer.Refusal);
    }

    /// <summary>Opens the listeners of POP3.</summary>
    internal void StartPop3(ListenerSet listeners)
    {
        listeners.Start("pop3", Pop3For, isTls: false, _pop3Refusal);
        listeners.Start("pop3s", Pop3For, isTls: true, _pop3Refusal);
    }

    private SessionStart ImapFor(SettingsValues values) => new ImapServer(
        new ImapSettings
        {
            SpillDirectory = Stores.SpillDirectory(settings),
            StartTls = tls,
            CleartextLogins = Values.CleartextLogins(values),
            HasFolderPrefix = values.Get(ImapKeys.FolderPrefix) != "none",
            TranscriptFile = values.Get(ImapKeys.Transcript),
            Limits = new ImapLimits
            {
                LoginFailures = values.Get(LimitKeys.LoginFailures),
                MessageBytes = values.Get(LimitKeys.MessageSize),
                MessagesPerCommand = values.Get(ImapKeys.MessageLimit),
                SavesPerCommand = values.Get(ImapKeys.SaveLimit),
                ProgressEvery = values.Get(ImapKeys.ProgressInterval),
            },
        },
        accounts, store, clock, logging.CreateLogger<ImapServer>()).ServeAsync;

    private SessionStart Pop3For(SettingsValues values) => new Pop3Server(
        new Pop3Settings(Stores.HostName(values))
        {
            Tls = tls,
            CleartextLogins = Values.CleartextLogins(values),
            Limits = new Pop3Limits { LoginFailures = values.Get(LimitKeys.LoginFailures) },
        },
        accounts, store, clock, logging.CreateLogger<Pop3Server>()).ServeAsync;
}

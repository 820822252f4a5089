using System.CommandLine;

namespace Courier.CommandLine;

/// <summary>The tree of subcommands.</summary>
internal static class CourierCommand
{
    internal static RootCommand Create()
    {
        var common = new CommonOptions();
        var root = new RootCommand("The Courier mail server.") { common.Config, common.Set };
        root.Add(ServeCommand.Create(common));
        root.Add(ServeCommand.Reader(common, "imapd", "Run IMAP alone, on Maildirs that another mail server fills.", (readers, listeners) => readers.StartImap(listeners)));
        root.Add(ServeCommand.Reader(common, "pop3d", "Run POP3 alone, on Maildirs that another mail server fills.", (readers, listeners) => readers.StartPop3(listeners)));
        root.Add(TryCommand.Create());
        root.Add(AccountCommands.Create(common));
        root.Add(MailboxCommands.Create(common));
        root.Add(DomainCommands.Create(common));
        root.Add(QueueCommands.Create(common));
        root.Add(QueueCommands.Trace(common));
        root.Add(QueueChangeCommands.Flush(common));
        root.Add(QueueChangeCommands.CancelMessage(common));
        root.Add(TroubleCommands.Show(common));
        root.Add(TroubleCommands.Clear(common));
        root.Add(MailqCommand.Create(common));
        root.Add(SessionCommands.Who(common));
        root.Add(SessionCommands.Kick(common));
        root.Add(ConfigCommands.Create(common));
        root.Add(TraceCommands.MxLookup(common));
        root.Add(TraceCommands.TraceSmtp(common));
        return root;
    }
}

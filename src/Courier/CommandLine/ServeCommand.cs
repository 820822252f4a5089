using System.CommandLine;
using System.Runtime.InteropServices;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.Logging;
using Microsoft.Extensions.Logging;

namespace Courier.CommandLine;

/// <summary><c>courier serve</c>: the server in the foreground, until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    internal static Command Create(CommonOptions common) => common.Configured("serve", "Run the server in the foreground.", (parsed, settings, _) =>
        RunAsync(parsed, settings, () => parsed.InvocationConfiguration.Output.WriteLine("ready")));

    /// <summary>IMAP alone, or POP3 alone, beside another mail server.</summary>
    internal static Command Reader(CommonOptions common, string name, string description, Action<ReaderServices, ListenerSet> start) => common.Configured(name, description, (parsed, settings, _) =>
        RunAsync(parsed, settings, async logging => await ReaderServer.StartAsync(settings, logging, TimeProvider.System, start), () => parsed.InvocationConfiguration.Output.WriteLine("ready")));

    /// <summary>Runs until a signal; <paramref name="onReady"/> is called once every listener is bound.</summary>
    internal static Task<int> RunAsync(ParseResult parsed, Settings settings, Action onReady) =>
        RunAsync(parsed, settings, async logging => await MailServer.StartAsync(settings, logging, TimeProvider.System), onReady);

    private static async Task<int> RunAsync(ParseResult parsed, Settings settings, Func<ILoggerFactory, Task<IAsyncDisposable>> start, Action onReady)
    {
        Workers.Begin();
        using var logging = CreateLogging(settings.Defaults);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var server = await start(logging);
            onReady();
            ServiceNotification.Send("READY=1");
            await stop.Task;
            ServiceNotification.Send("STOPPING=1");
            return ExitCode.Ok;
        }
        catch (StartException e)
        {
            return await parsed.FailAsync(ExitCode.Unavailable, e.Message);
        }
        catch (DllNotFoundException e)
        {
            return await parsed.FailAsync(ExitCode.Unavailable, $"a system library is missing ({e.Message.Split('\n')[0]}); apt-get install libsqlite3-0 libcrypt1");
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }

    private static ILoggerFactory CreateLogging(SettingsValues values)
    {
        var level = Enum.Parse<LogLevel>(values.Get(LogKeys.Level)!, ignoreCase: true);
        var format = Enum.Parse<LogFormat>(values.Get(LogKeys.Format)!, ignoreCase: true);
        ILogSink sink = format == LogFormat.Syslog ? new SyslogSink("/dev/log") : new StreamSink(new StreamWriter(Console.OpenStandardError()));
        return LoggerFactory.Create(builder => builder.SetMinimumLevel(level).AddProvider(new LineLoggerProvider(format, sink, TimeProvider.System)));
    }
}

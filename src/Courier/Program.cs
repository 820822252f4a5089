using System.CommandLine;
using System.Text;
using Courier.CommandLine;

// One program holds every part; `courier --help` lists them.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
try
{
    if (await FrontEnds.TryRunAsync(FrontEnds.CalledAs(), args) is { } ended)
        return ended;
    // `@` stands for a name server (testmxlookup), never for a file of arguments.
    var parsed = CourierCommand.Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
    var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    // System.CommandLine answers 1 to a wrong command line; sysexits(3) has a code for it.
    return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
}
catch (Exception e)
{
    // A fault of ours: the whole story, for the report.
    await Console.Error.WriteLineAsync("courier: " + e);
    return ExitCode.Software;
}

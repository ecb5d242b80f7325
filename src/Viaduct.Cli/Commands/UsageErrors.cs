using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Viaduct.Cli.Commands;

/// <summary>A command line that cannot be understood: what is wrong with it and where to look, without the whole help in between.</summary>
internal static class UsageErrors
{
    /// <summary>Says it on standard error; answers the exit code.</summary>
    public static int Report(ParseResult parsed, ParseErrorAction errors)
    {
        var command = parsed.CommandResult.Command;
        // Who names no command wants to see which there are.
        errors.ShowHelp = command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0;
        // All of it, so that a program that reads standard output gets nothing of it.
        parsed.Invoke(new InvocationConfiguration { Output = Console.Error });
        if (!errors.ShowHelp)
            Console.Error.WriteLine($"See: {PathOf(parsed.CommandResult)} --help");
        // Of a plan, 1 says that it was read and is not valid.
        return command.Name == PlanCommand.Name ? PlanCommand.Unreadable : CommandRunner.Failure;
    }

    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : result.Command.Name;
}

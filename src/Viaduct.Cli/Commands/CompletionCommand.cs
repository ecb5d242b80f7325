using System.CommandLine;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct completion bash</c>: the shell asks the program itself what may follow.</summary>
internal static class CompletionCommand
{
    // System.CommandLine answers the directive [suggest:POSITION] for any command line.
    private const string Bash = """
        # Load with: source <(viaduct completion bash)
        _viaduct() {
            local candidates
            mapfile -t candidates < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            mapfile -t COMPREPLY < <(compgen -W "${candidates[*]}" -- "${COMP_WORDS[COMP_CWORD]}")
        }
        complete -F _viaduct viaduct ./viaduct
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash" };
        shell.AcceptOnlyFromAmong("bash");
        var command = new Command("completion", "Print the completion script of a shell") { shell };
        command.SetAction(_ => Console.WriteLine(Bash));
        return command;
    }
}

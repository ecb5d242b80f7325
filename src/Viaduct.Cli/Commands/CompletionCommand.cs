using System.CommandLine;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct completion SHELL</c>: the shell asks the program itself what may follow, and names files where it knows nothing.</summary>
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
        complete -o bashdefault -o default -F _viaduct viaduct ./viaduct
        """;

    private const string Zsh = """
        # Load with, after compinit: source <(viaduct completion zsh)
        _viaduct() {
            local line="${(j: :)words[1,CURRENT-1]} $PREFIX"
            local -a candidates
            candidates=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- "${(@)candidates:#}" || _files
        }
        compdef _viaduct viaduct ./viaduct
        """;

    private const string Fish = """
        # Load with: viaduct completion fish | source
        function __viaduct_candidates
            set -l line (commandline --current-process --cut-at-cursor)
            set -l program (commandline --current-process --tokenize --cut-at-cursor)[1]
            $program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match --regex ".+"
        end
        complete --command viaduct --no-files --arguments "(__viaduct_candidates)"
        complete --command viaduct --force-files --condition "not __viaduct_candidates"
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script of a shell") { shell };
        command.SetAction(parse => Console.WriteLine(parse.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash }));
        return command;
    }
}

using System.Text;
using System.Text.RegularExpressions;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Reports;
using Viaduct.Linux.Namespaces;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>The commands of an experiment, typed by a shell that knows nothing of this program: with ip, bridge, sysctl, nft, ping and nc.</summary>
internal sealed partial class TypedExperiment(Transcript transcript)
{
    private const string Mark = "@@@";

    /// <summary>Each ping in order: what the experiment says of it, and what the program ping says.</summary>
    public IReadOnlyList<(string Command, string Told, string Said)> Pings()
    {
        var commands = Commands().ToList();
        var said = Type(commands).Split(Mark).Skip(1).ToList();
        Assert.Equal(commands.Count, said.Count);
        return [.. commands.Zip(said).Where(c => c.First.Told is not null).Select(c => (c.First.Line.Command, Outcome(c.First.Told!), Outcome(c.Second)))];
    }

    private static string Outcome(string text) => Answers().Match(text) is { Success: true } match ? match.Value : text;

    private IEnumerable<(CommandLine Line, string? Told)> Commands()
    {
        foreach (var line in transcript.Preparation.Commands)
            yield return (line, null);
        foreach (var lines in transcript.Everywhere.Steps.Select(s => s.Lines))
        {
            for (var i = 0; i < lines.Count; i++)
            {
                if (lines[i] is CommandLine line)
                    yield return (line, line.Command.StartsWith("ping ", StringComparison.Ordinal) ? ((OutputLine)lines[i + 1]).Text : null);
            }
        }
    }

    // In namespaces of mounts and processes of its own, so that names of hosts meet nobody's, and what runs in the background ends with it.
    private string Type(IEnumerable<(CommandLine Line, string? Told)> commands)
    {
        var script = new StringBuilder("mount -t tmpfs none /run && mkdir /run/netns || exit 1\n");
        script.Append(Words.HostsCommand(transcript.Preparation)).Append('\n');
        foreach (var ((host, command), told) in commands)
            script.Append($"echo {Mark}\nip netns exec {host} bash -c {Quoted(Patient(command, told))} 2>&1 || {OnFailure(command)}\n");
        using var ns = NetNamespace.Create();
        return Tool.Run(ns, "unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script.ToString());
    }

    // An answer that must come may wait for a link that has just come up, and for none ping would wait ten seconds. What runs in the background keeps the output open
    // and takes a moment to begin.
    private static string Patient(string command, string? told) => told is not null ? $"{command} -W {(told.Contains("1 received", StringComparison.Ordinal) ? 5 : 1)}"
        : Listens().Match(command) is { Success: true } listens ? $"{command[..^1]} >/dev/null 2>&1 & until ss -ltn | grep -q :{listens.Groups[1].Value}; do :; done"
        : command;

    // Whether a ping or a connection succeeds is what is looked at; all else must.
    private static string OnFailure(string command) => command.StartsWith("ping ", StringComparison.Ordinal) || command.StartsWith("nc ", StringComparison.Ordinal)
        ? "true"
        : $"{{ echo refused: {Quoted(command)} >&2; exit 1; }}";

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex("[0-9]+ received|Network is unreachable")]
    private static partial Regex Answers();

    [GeneratedRegex("^nc -lk ([0-9]+) &$")]
    private static partial Regex Listens();
}

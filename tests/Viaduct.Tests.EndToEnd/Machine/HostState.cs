using System.Text;
using System.Text.RegularExpressions;

namespace Viaduct.Tests.EndToEnd.Machine;

/// <summary>All of the host's network that a cluster must not change, as text to compare.</summary>
public static partial class HostState
{
    private static readonly string[][] Commands =
    [
        ["ip", "netns"],
        ["ip", "-details", "link"],
        ["ip", "address"],
        ["ip", "route", "show", "table", "all"],
        ["ip", "rule"],
        ["nft", "list", "ruleset"],
        ["iptables-save"],
    ];

    public static async Task<string> CaptureAsync()
    {
        var text = new StringBuilder();
        foreach (var command in Commands.Where(c => Shell.Has(c[0])))
            text.Append("# ").AppendJoin(' ', command).AppendLine().AppendLine(await ListAsync(command));
        text.AppendLine("# sysctls").AppendLine(Sysctls());
        text.AppendLine("# mounts").AppendLine(await File.ReadAllTextAsync("/proc/self/mounts"));
        return text.ToString();
    }

    /// <summary>Processes of the product under test that run now.</summary>
    public static IReadOnlyList<string> Processes() =>
        [.. Directory.GetDirectories("/proc").Select(CommandLine).Where(line => line.Contains(Actor.Program, StringComparison.Ordinal))];

    /// <summary>Threads of the product's processes that stand in another network namespace than their process, with their names.</summary>
    public static IReadOnlyList<string> ThreadsElsewhere() =>
    [
        .. from process in Directory.GetDirectories("/proc").Where(p => CommandLine(p).Contains(Actor.Program, StringComparison.Ordinal))
           let own = NetworkNamespace(process)
           from thread in Directory.GetDirectories($"{process}/task")
           let stands = NetworkNamespace(thread)
           where stands != own
           select $"thread \"{File.ReadAllText($"{thread}/comm").Trim()}\" of {CommandLine(process).Replace('\0', ' ')} is in {stands}, not in {own}",
    ];

    /// <summary>Directories in /proc of the processes that a process has started (proc_pid_task(5)).</summary>
    public static IReadOnlyList<string> Children(int process)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{process}/task").SelectMany(t => File.ReadAllText($"{t}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(c => $"/proc/{c}")];
        }
        catch (IOException)
        {
            // It, or a thread of it, has just ended.
            return [];
        }
    }

    /// <summary>Whether a process still runs; one that has ended and that nobody has waited for has no command line.</summary>
    public static bool Runs(string process) => CommandLine(process).Length > 0;

    // Life times of addresses and comments with a time differ from call to call.
    private static async Task<string> ListAsync(string[] command)
    {
        var result = await Shell.RunAsync(command[0], command[1..]);
        return Volatile().Replace(result.Output, "");
    }

    private static string Sysctls()
    {
        var files = Directory.GetFiles("/proc/sys/net", "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true });
        return string.Join('\n', files.Order(StringComparer.Ordinal).Where(f => !IsCounter(f)).Select(f => $"{f}={Read(f)}"));
    }

    private static bool IsCounter(string file) => file.EndsWith("nf_conntrack_count", StringComparison.Ordinal);

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "(not readable)";
        }
    }

    private static string? NetworkNamespace(string task) => File.ResolveLinkTarget($"{task}/ns/net", returnFinalTarget: false)?.Name;

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"^#.*$|valid_lft \S+|preferred_lft \S+|\[\d+:\d+\]", RegexOptions.Multiline)]
    private static partial Regex Volatile();
}

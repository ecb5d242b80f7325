using Viaduct.Cluster.Lifecycle;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Cli.Commands;

/// <summary>For an ordinary user: the same command again as root of a user namespace, where network namespaces may be made.</summary>
internal static class OwnNamespaces
{
    public static bool Exist => Environment.IsPrivilegedProcess;

    /// <summary>Becomes this very command inside. There is still one process: whatever ends it leaves none behind, and it has the terminal.</summary>
    public static void Enter()
    {
        ClusterPreconditions.CheckUserNamespaces();
        ThisProcess.Become(
            UnshareProgram.Find(),
            ["--user", "--map-root-user", "--mount", "--net", "--", Environment.ProcessPath!, .. Environment.GetCommandLineArgs()[1..]]);
    }

    /// <summary>What the user types in another terminal to enter a network namespace of this process; a command behind it runs inside.</summary>
    public static string EnterCommand(NetNamespace ns) => IsStarterOutside()
        ? $"nsenter --preserve-credentials --user=/proc/{Environment.ProcessId}/ns/user --net={ns.Path}"
        : $"nsenter --net={ns.Path}";

    // Whoever is outside of this process's user namespace must enter that first; whoever is in it cannot enter it again.
    private static bool IsStarterOutside()
    {
        var starter = ProcessStat.Read(Environment.ProcessId).Parent;
        try
        {
            return starter != 0 && UserNamespace($"{starter}") != UserNamespace("self");
        }
        catch (UnauthorizedAccessException)
        {
            // From inside nobody may look out.
            return true;
        }
    }

    private static string? UserNamespace(string process) => File.ResolveLinkTarget($"/proc/{process}/ns/user", returnFinalTarget: false)?.Name;
}

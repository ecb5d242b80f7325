using Viaduct.Cluster.Lifecycle;
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
}

using System.Diagnostics;
using Viaduct.Cluster.Lifecycle;

namespace Viaduct.Cli.Commands;

/// <summary>For an ordinary user: the same command again as root of a user namespace, where network namespaces may be made.</summary>
internal static class OwnNamespaces
{
    public static bool Exist => Environment.IsPrivilegedProcess;

    /// <summary>Runs this very command inside; returns its exit code.</summary>
    public static async Task<int> RunAgainAsync(CancellationToken cancellation)
    {
        ClusterPreconditions.CheckUserNamespaces();
        string[] arguments = ["--user", "--map-root-user", "--mount", "--net", "--kill-child", "--fork", "--", Environment.ProcessPath!, .. Environment.GetCommandLineArgs()[1..]];
        using var process = Process.Start(new ProcessStartInfo(UnshareProgram.Find(), arguments))!;
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode;
    }
}

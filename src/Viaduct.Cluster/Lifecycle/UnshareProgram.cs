namespace Viaduct.Cluster.Lifecycle;

/// <summary>unshare(1), which enters namespaces for us that a process with threads cannot enter (user_namespaces(7)).</summary>
public static class UnshareProgram
{
    private static readonly string[] s_paths = ["/usr/bin/unshare", "/bin/unshare"];

    /// <summary>Where it is.</summary>
    /// <exception cref="ClusterException">It is missing.</exception>
    public static string Find() => s_paths.FirstOrDefault(File.Exists)
        ?? throw new ClusterException("The program unshare is missing; install the package util-linux.");
}

using Viaduct.Cluster.Model;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>Opens what the commands need of a running cluster.</summary>
public static class ClusterConnection
{
    /// <exception cref="ClusterException">No such cluster runs.</exception>
    public static HttpKubeApi OpenApi(ClusterPaths paths)
    {
        RequireRunning(paths);
        return HttpKubeApi.FromKubeconfig(Kubeconfig.Load(paths.Kubeconfig));
    }

    public static bool IsRunning(ClusterPaths paths) => LockFile.FindOwner(paths.Lock) is not null;

    public static void RequireRunning(ClusterPaths paths)
    {
        if (!IsRunning(paths))
            throw new ClusterException($"No cluster named \"{paths.Name}\" is running; start one with: viaduct up --name {paths.Name}");
    }
}

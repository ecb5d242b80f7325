namespace Viaduct.Kube.Config;

/// <summary>Which API server, and how: as programs on nodes, such as kube-proxy, decide it.</summary>
public static class ApiConnection
{
    public static Kubeconfig Choose(string kubeconfig, string? master, Func<string, string?> environment)
    {
        var chosen = (kubeconfig.Length > 0, string.IsNullOrEmpty(master)) switch
        {
            (true, _) => Kubeconfig.Load(kubeconfig),
            (false, true) => InClusterConfig.Load(environment),
            _ => new Kubeconfig { Server = Address(master!) },
        };
        return string.IsNullOrEmpty(master) ? chosen : chosen with { Server = Address(master) };
    }

    private static Uri Address(string master) =>
        Uri.TryCreate(master.Contains("://", StringComparison.Ordinal) ? master : $"http://{master}", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri!
            : throw new KubeconfigException($"--master is \"{master}\" and must be the address of an API server, such as https://10.0.0.1:6443.");
}

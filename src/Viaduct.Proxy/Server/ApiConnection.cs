using Viaduct.Kube.Config;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server;

/// <summary>Which API server, and how: as kube-proxy decides it.</summary>
internal static class ApiConnection
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
            : throw new ProxyConfigurationException($"--master is \"{master}\" and must be the address of an API server, such as https://10.0.0.1:6443.");
}

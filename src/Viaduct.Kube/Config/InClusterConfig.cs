using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Viaduct.Kube.Config;

/// <summary>How a pod reaches the API server: by its environment and its service account's files.</summary>
public static class InClusterConfig
{
    public const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <param name="environment">Such as <see cref="Environment.GetEnvironmentVariable(string)"/>.</param>
    /// <param name="directory">Of the service account's files.</param>
    /// <exception cref="KubeconfigException">This is no pod, or one without a service account.</exception>
    public static Kubeconfig Load(Func<string, string?> environment, string directory = ServiceAccountDirectory)
    {
        var (host, port) = (environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"));
        if (string.IsNullOrEmpty(host) || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new KubeconfigException("No API server is known: give --kubeconfig or --master, or run in a pod, where KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are set.");
        var token = Path.Combine(directory, "token");
        Read(token);
        var authority = Path.Combine(directory, "ca.crt");
        return new Kubeconfig
        {
            Server = Server(host, number),
            // Without one the system's authorities are trusted, as other clients do.
            CertificateAuthority = File.Exists(authority) ? Read(authority) : null,
            TokenFile = token,
        };
    }

    /// <summary>People write the host into manifests, too: IPv6 addresses come with brackets and without.</summary>
    private static Uri Server(string host, ushort port)
    {
        var text = IPAddress.TryParse(host, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : host;
        return !text.Contains('/', StringComparison.Ordinal) && Uri.TryCreate($"https://{text}:{port}", UriKind.Absolute, out var server)
            ? server
            : throw new KubeconfigException($"KUBERNETES_SERVICE_HOST is \"{host}\" and must be an address or a name, such as 10.0.0.1.");
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"The service account's file {path} cannot be read: {e.Message}", e);
        }
    }
}

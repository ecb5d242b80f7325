using System.Text;

namespace Viaduct.Kube.Server.Pki;

/// <summary>Makes a kubeconfig with everything inside: no other file is needed to use it.</summary>
public static class Kubeconfig
{
    /// <param name="cluster">Name of the cluster; the context is called <c>viaduct-NAME</c>.</param>
    /// <param name="server">URL of the API server.</param>
    /// <param name="authority">PEM certificate of the cluster's authority.</param>
    /// <param name="client">Who the user of the file is.</param>
    public static string Write(string cluster, Uri server, string authority, PemCertificate client)
    {
        var name = $"viaduct-{cluster}";
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {name}
              cluster:
                server: {server.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {Encode(authority)}
            users:
            - name: {name}
              user:
                client-certificate-data: {Encode(client.Certificate)}
                client-key-data: {Encode(client.Key)}
            contexts:
            - name: {name}
              context:
                cluster: {name}
                user: {name}
            current-context: {name}

            """;
    }

    /// <summary>As <see cref="Write"/>, into a file that only its owner can read.</summary>
    public static void Save(string path, string cluster, Uri server, string authority, PemCertificate client) =>
        PrivateFile.Write(path, Write(cluster, server, authority, client));

    private static string Encode(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}

using System.Net;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Kube.Server.Pki;

namespace Viaduct.Cluster.ControlPlane;

/// <summary>The certificates of a cluster: made at its first start, kept for when the control plane is started again.</summary>
internal sealed class ClusterCredentials : IDisposable
{
    // Groups that Kubernetes knows: full rights, and the rights of a node's agent.
    private const string Administrators = "system:masters";
    private const string NodeAgents = "system:nodes";

    private readonly string _cluster;
    private readonly CertificateAuthority _authority;

    private ClusterCredentials(string cluster, CertificateAuthority authority, PemCertificate server)
    {
        _cluster = cluster;
        _authority = authority;
        Server = new ServerCertificates(server.ToCertificate(), authority.Certificate);
    }

    public ServerCertificates Server { get; }

    public static ClusterCredentials LoadOrCreate(ClusterPaths paths, IReadOnlyList<IPAddress> controlPlane, IPAddress serviceAddress)
    {
        var authority = LoadOrCreateAuthority(paths);
        var server = authority.IssueServer(
            ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"],
            [IPAddress.Loopback, .. controlPlane, serviceAddress]);
        return new ClusterCredentials(paths.Name, authority, server);
    }

    /// <summary>Writes the kubeconfig of the administrator, for the host, and one for each node, for inside of the VPC.</summary>
    public void WriteKubeconfigs(ClusterPaths paths, UnderlayPlan plan, int hostPort, IPEndPoint inVpc)
    {
        foreach (var node in plan.Nodes)
            Write(paths.NodeKubeconfig(node.Name), inVpc, _authority.IssueClient($"system:node:{node.Name}", NodeAgents));
        Write(paths.Kubeconfig, new IPEndPoint(IPAddress.Loopback, hostPort), _authority.IssueClient("viaduct-admin", Administrators));
    }

    public void Dispose() => _authority.Dispose();

    private void Write(string path, IPEndPoint server, PemCertificate client) =>
        Kubeconfig.Save(path, _cluster, new Uri($"https://{server}"), _authority.Certificate.ExportCertificatePem(), client);

    private static CertificateAuthority LoadOrCreateAuthority(ClusterPaths paths)
    {
        var (certificate, key) = (Path.Combine(paths.PkiDirectory, "ca.crt"), Path.Combine(paths.PkiDirectory, "ca.key"));
        if (File.Exists(key))
            return CertificateAuthority.FromPem(PemCertificate.Load(certificate, key));
        var authority = CertificateAuthority.Create($"viaduct-{paths.Name}");
        authority.ToPem().Save(certificate, key);
        return authority;
    }
}

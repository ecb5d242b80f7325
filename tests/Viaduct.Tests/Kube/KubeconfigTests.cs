using Viaduct.Kube.Config;

namespace Viaduct.Tests.Kube;

public class KubeconfigTests
{
    private const string Good = """
        apiVersion: v1
        kind: Config
        current-context: two
        clusters:
        - name: first
          cluster: {server: "https://10.0.0.1:6443"}
        - name: second
          cluster:
            server: https://127.0.0.1:6443
            certificate-authority-data: Q0E=
            tls-server-name: kubernetes
        contexts:
        - name: two
          context: {cluster: second, user: me, namespace: shop}
        users:
        - name: me
          user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ, token: secret}
        """;

    [Fact]
    public void The_current_context_is_followed()
    {
        var config = Kubeconfig.Parse(Good, "config");
        Assert.Equal(new Uri("https://127.0.0.1:6443"), config.Server);
        Assert.Equal(("CA", "CERT", "KEY"), (config.CertificateAuthority, config.ClientCertificate, config.ClientKey));
        Assert.Equal(("secret", "shop", "kubernetes"), (config.Token, config.Namespace, config.TlsServerName));
    }

    [Fact]
    public void Files_are_relative_to_the_kubeconfig()
    {
        var directory = Directory.CreateTempSubdirectory("kubeconfig");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "ca.pem"), "CA of a file");
            var path = Path.Combine(directory.FullName, "config");
            File.WriteAllText(path, Good.Replace("certificate-authority-data: Q0E=", "certificate-authority: ca.pem", StringComparison.Ordinal));
            Assert.Equal("CA of a file", Kubeconfig.Load(path).CertificateAuthority);
            File.Delete(Path.Combine(directory.FullName, "ca.pem"));
            Assert.StartsWith($"The kubeconfig {path} names ", Assert.Throws<KubeconfigException>(() => Kubeconfig.Load(path)).Message);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void What_it_prints_has_no_key_and_no_token()
    {
        var text = Kubeconfig.Parse(Good, "config").ToString();
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("KEY", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("current-context: two", "x: y", "The kubeconfig config has no current-context.")]
    [InlineData("cluster: second, user", "cluster: third, user", "The kubeconfig config has no entry \"third\" in clusters.")]
    [InlineData("https://127.0.0.1:6443", "127.0.0.1", "The kubeconfig config has server \"127.0.0.1\" in cluster \"second\", which is not an http or https address.")]
    [InlineData("Q0E=", "'###'", "The kubeconfig config has a certificate-authority-data that is not base64.")]
    [InlineData("clusters:", "clusters: [", "The kubeconfig config, line ")]
    public void What_is_wrong_is_one_sentence(string old, string replacement, string message) =>
        Assert.StartsWith(message, Assert.Throws<KubeconfigException>(() => Kubeconfig.Parse(Good.Replace(old, replacement, StringComparison.Ordinal), "config")).Message);

    [Fact]
    public void A_certificate_that_is_none_is_told_by_its_field()
    {
        var config = Kubeconfig.Parse(Good, "config");
        Assert.Equal("The kubeconfig's certificate-authority holds no PEM certificate.", Assert.Throws<KubeconfigException>(() => config.CreateSslOptions()).Message);
        config = config with { CertificateAuthority = null };
        Assert.StartsWith("The kubeconfig's client-certificate and client-key is not valid PEM", Assert.Throws<KubeconfigException>(() => config.CreateSslOptions()).Message);
    }
}

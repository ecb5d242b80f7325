using Viaduct.Kube.Config;

namespace Viaduct.Tests.Kube;

public sealed class ApiConnectionTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("viaduct-api-").FullName;

    private string File => Path.Combine(directory, "kubeconfig");

    public ApiConnectionTests() => System.IO.File.WriteAllText(
        File,
        """
        apiVersion: v1
        kind: Config
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: "https://10.0.0.1:6443"}}]
        users: [{name: u, user: {token: secret}}]
        """);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData(null, "https://10.0.0.1:6443/")]
    [InlineData("", "https://10.0.0.1:6443/")]
    [InlineData("https://10.0.0.2:443", "https://10.0.0.2/")]
    public void The_kubeconfig_says_where_the_server_is_unless_master_does(string? master, string server)
    {
        var chosen = ApiConnection.Choose(File, master, _ => null);
        Assert.Equal((server, "secret"), (chosen.Server.ToString(), chosen.Token));
    }

    [Theory]
    [InlineData("10.0.0.2:8080", "http://10.0.0.2:8080/")]
    [InlineData("http://[fd00::1]:8080", "http://[fd00::1]:8080/")]
    public void Master_alone_needs_no_credentials(string master, string server)
    {
        var chosen = ApiConnection.Choose("", master, _ => throw new InvalidOperationException("this is no pod"));
        Assert.Equal((server, null, null), (chosen.Server.ToString(), chosen.Token, chosen.TokenFile));
    }

    [Theory]
    [InlineData("ftp://10.0.0.2")]
    [InlineData("https://")]
    public void A_master_that_is_no_address_is_refused(string master)
    {
        var e = Assert.Throws<KubeconfigException>(() => ApiConnection.Choose("", master, _ => null));
        Assert.Equal($"--master is \"{master}\" and must be the address of an API server, such as https://10.0.0.1:6443.", e.Message);
    }

    [Fact]
    public void Without_either_the_pod_s_environment_is_asked_and_its_absence_told()
    {
        var e = Assert.Throws<KubeconfigException>(() => ApiConnection.Choose("", null, _ => null));
        Assert.StartsWith("No API server is known: give --kubeconfig or --master, or run in a pod", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<KubeconfigException>(() => ApiConnection.Choose(Path.Combine(directory, "absent"), null, _ => null));
        Assert.Contains("absent cannot be read", e.Message, StringComparison.Ordinal);
    }
}

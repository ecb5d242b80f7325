using System.Diagnostics;

namespace Viaduct.Tests.KubeServer;

/// <summary>The real kubectl is the oracle: what it cannot use is not the Kubernetes API.</summary>
public sealed class KubectlTests(ServerHarness api) : IClassFixture<ServerHarness>
{
    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: NAME}
        spec:
          selector: {matchLabels: {app: NAME}}
          template:
            metadata: {labels: {app: NAME}}
            spec: {containers: [{name: c, image: "nginx:1"}]}
        """;

    [Fact]
    public async Task Apply_creates_then_finds_nothing_to_do_then_patches()
    {
        var manifest = Deployment.Replace("NAME", "applied", StringComparison.Ordinal);
        Assert.Equal("deployment.apps/applied created\n", await SucceedAsync(manifest, "apply", "-f", "-"));
        Assert.Equal("deployment.apps/applied unchanged\n", await SucceedAsync(manifest, "apply", "-f", "-"));
        Assert.Equal("deployment.apps/applied configured\n", await SucceedAsync(manifest.Replace("nginx:1", "nginx:2", StringComparison.Ordinal), "apply", "-f", "-"));
        Assert.Equal("nginx:2", await SucceedAsync("", "get", "deploy", "applied", "-o", "jsonpath={.spec.template.spec.containers[0].image}"));
    }

    [Fact]
    public async Task Get_shows_the_tables_of_the_real_server()
    {
        var wide = await SucceedAsync("", "get", "service", "kubernetes", "-o", "wide");
        Assert.Matches(@"^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE +SELECTOR\nkubernetes +ClusterIP +172.21.0.1 +<none> +443/TCP +\d+m?s? +<none>\n$", wide);
        Assert.Contains("clusterIP: 172.21.0.1", await SucceedAsync("", "get", "svc", "kubernetes", "-o", "yaml"), StringComparison.Ordinal);
        Assert.Contains("172.21.0.1", await SucceedAsync("", "get", "all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scale_sets_the_replicas()
    {
        await SucceedAsync(Deployment.Replace("NAME", "scaled", StringComparison.Ordinal), "apply", "-f", "-");
        Assert.Equal("deployment.apps/scaled scaled\n", await SucceedAsync("", "scale", "deployment/scaled", "--replicas=4"));
        Assert.Equal("4", await SucceedAsync("", "get", "deploy", "scaled", "-o", "jsonpath={.spec.replicas}"));
        Assert.Equal("deployment.apps/scaled scaled\n", await SucceedAsync("", "scale", "deployment/scaled", "--replicas=2", "--current-replicas=4"));
    }

    [Fact]
    public async Task Delete_waits_until_the_object_is_gone()
    {
        await SucceedAsync(Deployment.Replace("NAME", "deleted", StringComparison.Ordinal), "apply", "-f", "-");
        Assert.Equal("deployment.apps \"deleted\" deleted\n", await SucceedAsync("", "delete", "deployment", "deleted"));
        Assert.Contains("deployments.apps \"deleted\" not found", await FailAsync("", "get", "deployment", "deleted"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_is_deleted_with_its_content()
    {
        await SucceedAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}}""", "apply", "-f", "-");
        await SucceedAsync(Deployment.Replace("NAME", "inside", StringComparison.Ordinal), "apply", "-n", "team", "-f", "-");
        Assert.Equal("namespace \"team\" deleted\n", await SucceedAsync("", "delete", "namespace", "team"));
    }

    [Fact]
    public async Task Get_w_follows_changes()
    {
        using var process = Start("get", "configmaps", "-w", "--no-headers", "-o", "custom-columns=NAME:.metadata.name", "--field-selector", "metadata.name=watched");
        process.StandardInput.Close();
        await SucceedAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"watched"}}""", "apply", "-f", "-");
        Assert.Equal("watched", (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))?.Trim());
        process.Kill();
    }

    [Fact]
    public async Task Label_annotate_and_edit_like_commands_patch()
    {
        await SucceedAsync(Deployment.Replace("NAME", "patched", StringComparison.Ordinal), "apply", "-f", "-");
        Assert.Equal("deployment.apps/patched labeled\n", await SucceedAsync("", "label", "deploy", "patched", "a=b"));
        Assert.Equal("deployment.apps/patched image updated\n", await SucceedAsync("", "set", "image", "deploy/patched", "c=nginx:9"));
        Assert.Equal("b nginx:9", await SucceedAsync("", "get", "deploy", "patched", "-o", "jsonpath={.metadata.labels.a} {.spec.template.spec.containers[0].image}"));
        Assert.Contains("patched", await SucceedAsync("", "describe", "deploy", "patched"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_field_is_named()
    {
        var message = await FailAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"foo":1,"ports":[{"port":80}]}}""", "apply", "-f", "-");
        Assert.Contains("""strict decoding error: unknown field "spec.foo" """.Trim(), message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_type_is_named()
    {
        var message = await FailAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"ports":[{"port":"eighty"}]}}""", "apply", "-f", "-");
        Assert.Contains("json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kind_that_is_not_served_is_named()
    {
        var message = await FailAsync("""{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"x"}}""", "apply", "-f", "-");
        Assert.Contains("""no matches for kind "StatefulSet" in version "apps/v1" """.Trim(), message, StringComparison.Ordinal);
        message = await FailAsync("""{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"x"}}""", "apply", "-f", "-");
        Assert.Contains("""no matches for kind "StorageClass" in version "storage.k8s.io/v1" """.Trim(), message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_out_of_range_is_named()
    {
        var message = await FailAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"ports":[{"port":70000,"targetPort":80}]}}""", "apply", "-f", "-");
        Assert.Equal("The Service \"x\" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive\n", message);
    }

    [Fact]
    public async Task Create_sends_protobuf_and_is_understood()
    {
        Assert.Equal("deployment.apps/made created\n", await SucceedAsync("", "create", "deployment", "made", "--image=nginx", "--port=80", "--replicas=0"));
        Assert.Equal("0 80 nginx", await SucceedAsync("", "get", "deploy", "made", "-o",
            "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort} {.spec.template.spec.containers[0].image}"));
        Assert.Equal("configmap/made created\n", await SucceedAsync("", "create", "configmap", "made", "--from-literal=a=b"));
        Assert.Equal("service/made created\n", await SucceedAsync("", "create", "service", "nodeport", "made", "--tcp=80:8080", "--node-port=30123"));
        Assert.Equal("8080 30123", await SucceedAsync("", "get", "svc", "made", "-o", "jsonpath={.spec.ports[0].targetPort} {.spec.ports[0].nodePort}"));
    }

    [Fact]
    public async Task Version_and_resources_are_discovered()
    {
        Assert.Contains("Server Version: v1.32", await SucceedAsync("", "version"), StringComparison.Ordinal);
        Assert.Matches(@"(?m)^deployments +deploy +apps/v1 +true +Deployment", await SucceedAsync("", "api-resources"));
    }

    private async Task<string> SucceedAsync(string input, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(input, arguments);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}: {error}");
        return output;
    }

    private async Task<string> FailAsync(string input, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(input, arguments);
        Assert.True(code != 0, $"kubectl {string.Join(' ', arguments)} should fail but said: {output}");
        return error;
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string input, string[] arguments)
    {
        using var process = Start(arguments);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    private Process Start(params string[] arguments)
    {
        var kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, "kubectl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(kubectl is null, "kubectl is not installed on this machine");
        var start = new ProcessStartInfo(kubectl!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = api.KubeconfigPath;
        // Its cache of discovery lies in the home directory.
        start.Environment["HOME"] = Path.GetDirectoryName(api.KubeconfigPath);
        return Process.Start(start)!;
    }
}

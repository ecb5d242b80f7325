using System.Text.Json.Nodes;
using Viaduct.Kube.Manifests;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Tests.KubeServer;
using Viaduct.Tests.Repository;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Proxy.Server;

/// <summary>deploy/proxy.yaml, which an operator applies in the place of kube-proxy's DaemonSet.</summary>
public class ProxyManifestTests
{
    private static readonly string s_path = Path.Combine(RepositoryFiles.Root, "deploy", "proxy.yaml");
    private static readonly IReadOnlyList<ManifestDocument> s_documents = YamlManifest.Load(s_path);

    private static JsonObject Pod => Object("DaemonSet")["spec"]!["template"]!.AsObject();

    private static JsonObject Container => Assert.Single(Pod["spec"]!["containers"]!.AsArray())!.AsObject();

    /// <summary>The end-to-end tests hold that these are also those that the program asks for.</summary>
    [Fact]
    public void Its_role_allows_to_follow_four_kinds_and_to_tell_Events_and_nothing_else()
    {
        var followed = ((ResourceType[])[Service.Resource, KubeNode.Resource, EndpointSlice.Resource, ServiceCIDR.Resource]).SelectMany(r => new[] { $"list {r.Group}/{r.Plural}", $"watch {r.Group}/{r.Plural}" });
        var told = new[] { $"create {Event.Resource.Group}/{Event.Resource.Plural}", $"patch {Event.Resource.Group}/{Event.Resource.Plural}" };
        var granted = from rule in Object("ClusterRole")["rules"]!.AsArray()
                      from @group in Words(rule!["apiGroups"]!) from resource in Words(rule["resources"]!) from verb in Words(rule["verbs"]!)
                      select $"{verb} {@group}/{resource}";
        Assert.Equal(followed.Concat(told).Order(), granted.Order());
    }

    [Fact]
    public void Its_role_goes_to_the_account_that_its_pods_run_as()
    {
        var binding = Object("ClusterRoleBinding");
        Assert.Equal("ClusterRole viaduct-proxy", $"{binding["roleRef"]!["kind"]} {binding["roleRef"]!["name"]}");
        var subject = Assert.Single(binding["subjects"]!.AsArray())!;
        var account = s_documents.Single(d => d.Kind == "ServiceAccount");
        Assert.Equal($"ServiceAccount {account.Namespace} {account.Name}", $"{subject["kind"]} {subject["namespace"]} {subject["name"]}");
        Assert.Equal(account.Name, (string?)Pod["spec"]!["serviceAccountName"]);
        Assert.Equal(account.Namespace, s_documents.Single(d => d.Kind == "DaemonSet").Namespace);
    }

    [Fact]
    public void Its_configuration_and_flags_are_accepted_and_its_probe_asks_where_the_proxy_answers()
    {
        var (name, text) = Object("ConfigMap")["data"]!.AsObject().Single();
        var configuration = ConfigReader.Parse((string)text!, s_path);
        ConfigValidation.Check(configuration);
        Assert.Equal(ProxyMode.Nftables, configuration.ProxyMode);

        var words = Words(Container["command"]!).ToArray();
        Assert.Equal("proxy", words[1]);
        Assert.Equal(["--config", "--hostname-override"], words[2..].Select(w => w.Split('=')[0]));
        var mount = Container["volumeMounts"]![0]!;
        Assert.Equal($"{mount["mountPath"]}/{name}", words[2].Split('=')[1]);
        var volume = Pod["spec"]!["volumes"]!.AsArray().Single(v => (string?)v!["name"] == (string?)mount["name"])!;
        Assert.Equal(s_documents.Single(d => d.Kind == "ConfigMap").Name, (string?)volume["configMap"]!["name"]);

        var probe = Container["livenessProbe"]!["httpGet"]!;
        Assert.Equal("/livez", (string?)probe["path"]);
        Assert.EndsWith($":{probe["port"]}", configuration.HealthzBindAddress, StringComparison.Ordinal);
        Assert.True((bool?)Pod["spec"]!["hostNetwork"]);
        Assert.True((bool?)Container["securityContext"]!["privileged"]);
    }

    /// <summary>A DaemonSet is no kind of the embedded API; its pods are, with each of their fields.</summary>
    [Fact]
    public async Task An_API_server_accepts_its_fields()
    {
        await using var server = new ServerHarness();
        await server.InitializeAsync();
        var deployment = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject { ["name"] = "proxy" },
            ["spec"] = new JsonObject { ["selector"] = Object("DaemonSet")["spec"]!["selector"]!.DeepClone(), ["template"] = Pod.DeepClone() },
        };
        await CreateAsync(server, "/apis/apps/v1/namespaces/kube-system/deployments", deployment);
        await CreateAsync(server, "/api/v1/namespaces/kube-system/configmaps", Object("ConfigMap"));
        await CreateAsync(server, "/api/v1/namespaces/kube-system/serviceaccounts", Object("ServiceAccount"));
    }

    private static async Task CreateAsync(ServerHarness server, string path, JsonObject value)
    {
        var (code, body) = await server.SendAsync(HttpMethod.Post, path + "?fieldValidation=Strict&dryRun=All", value.ToJsonString());
        Assert.True(code == 201, $"{code}: {body["message"]}");
    }

    private static JsonObject Object(string kind) => s_documents.Single(d => d.Kind == kind).Content;

    private static IEnumerable<string> Words(JsonNode words) => words.AsArray().Select(w => (string)w!);
}

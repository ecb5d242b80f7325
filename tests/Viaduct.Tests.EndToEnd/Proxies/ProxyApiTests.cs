using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>What the program <c>viaduct proxy</c> makes of an API server that is away, forgets, refuses, or wants another token.</summary>
public class ProxyApiTests
{
    [Fact]
    public async Task It_waits_for_an_API_server_that_is_not_there_yet()
    {
        await using var node = await ProxyNode.CreateAsync(isDoorOpen: false);
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);
        var proxy = node.Start();
        await proxy.UntilAsync("it says what it waits for", () => Task.FromResult(proxy.Log.Contains($"127.0.0.1:{FrontDoor.Port}", StringComparison.Ordinal)));

        await node.Door.OpenAsync();

        await proxy.ServingAsync();
        Assert.Equal(ProxyNode.First, await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
    }

    [Fact]
    public async Task While_the_API_server_is_away_Services_stay_and_what_changed_meanwhile_follows()
    {
        await using var node = await ServedNodeAsync();
        var proxy = await node.Start().ServingAsync();

        var answers = await node.Servers.AskDuringAsync(ProxyNode.ClusterIP, 80, async () =>
        {
            await node.Door.CloseAsync();
            await node.SetEndpointsAsync("web", ProxyNode.Second);
            await proxy.UntilAsync("it says that the server is away", () => Task.FromResult(proxy.Log.Contains($"127.0.0.1:{FrontDoor.Port}", StringComparison.Ordinal)));
            Assert.Equal(ProxyNode.First, await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
            Assert.Equal(System.Net.HttpStatusCode.OK, (await proxy.GetAsync(10256, "/healthz"))?.Code);
            await node.Door.OpenAsync();
            await proxy.UntilAsync("the change is served", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.Second);
        });

        Assert.Equal([ProxyNode.First, ProxyNode.Second], answers.Keys.Order());
    }

    [Fact]
    public async Task A_version_that_the_server_has_forgotten_is_followed_by_one_new_list()
    {
        await using var node = await ServedNodeAsync();
        var proxy = await node.Start().ServingAsync();
        var before = node.Door.Seen.Count;
        node.Door.Refuse = request => request.IsWatch && !request.IsList && request.Path.EndsWith("/endpointslices", StringComparison.Ordinal) ? 410 : null;

        await node.Door.BreakOffAsync();
        await proxy.UntilAsync("the old version is refused", () => Task.FromResult(node.Door.Seen.Any(r => r.Code == 410)));
        node.Door.Refuse = _ => null;
        await node.SetEndpointsAsync("web", ProxyNode.Second);
        await proxy.UntilAsync("the change is served", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.Second);

        var asked = node.Door.Seen.Skip(before).Where(r => r.Path.EndsWith("/endpointslices", StringComparison.Ordinal)).ToArray();
        Assert.Equal(410, asked[0].Code);
        Assert.True(asked[1].IsList, $"After 410 it asked {asked[1]}.");
        // Services were not refused, and so not listed again.
        Assert.DoesNotContain(node.Door.Seen.Skip(before), r => r.IsList && r.Path.EndsWith("/services", StringComparison.Ordinal));
        Assert.DoesNotContain("endpointslices", proxy.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_that_is_replaced_is_read_again_when_the_old_token_is_refused()
    {
        await using var node = await ServedNodeAsync();
        var token = node.File("token");
        node.Door.Token = "first";
        await File.WriteAllTextAsync(token, "first\n", TestContext.Current.CancellationToken);
        node.WriteKubeconfig(new JsonObject { ["tokenFile"] = token });

        await RotateAsync(node, await node.Start().ServingAsync(), token);
    }

    [Fact]
    public async Task In_a_pod_the_service_accounts_token_is_followed_as_it_rotates()
    {
        await using var node = await ServedNodeAsync();
        node.Door.Token = "first";
        var account = Directory.CreateDirectory(node.File("serviceaccount")).FullName;
        await File.WriteAllTextAsync(Path.Combine(account, "token"), "first", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(account, "ca.crt"), node.Authority, TestContext.Current.CancellationToken);

        var proxy = node.Own(StartInPod(node, account));

        await RotateAsync(node, await proxy.ServingAsync(), Path.Combine(account, "token"));
    }

    /// <summary>The front door lets nothing pass that deploy/proxy.yaml does not grant; here all that it grants is used, too.</summary>
    [Fact]
    public async Task It_needs_every_right_of_its_manifest_and_no_other()
    {
        await using var node = await ServedNodeAsync();
        var service = ProxyNode.Web("xmas", "10.64.0.81");
        await node.AddServiceAsync(service with { Spec = service.Spec! with { ExternalIPs = [ProxyNode.ClusterIP] } });
        // As an older server, which has no streaming lists.
        node.Door.Refuse = request => request.IsWatch && request.IsList ? 400 : null;
        var proxy = node.Start();

        // Two Services want one address: an Event tells of it, and when it happens again, the Event is counted.
        await proxy.UntilAsync("an Event tells of the conflict", async () => await EventAsync(node) is { Count: 1 });
        await ClaimAsync(node, []);
        await proxy.UntilAsync("the conflict is over", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.First);
        await ClaimAsync(node, [ProxyNode.ClusterIP]);
        await proxy.UntilAsync("the Event is counted", async () => await EventAsync(node) is { Count: 2 });

        Assert.DoesNotContain(node.Door.Seen, r => r.Code == 403);
        Assert.Equal([], node.Rights.Granted.Except(node.Rights.Used).Select(r => r.ToString()));
    }

    private static async Task<Event?> EventAsync(ProxyNode node)
    {
        var events = (await node.Api.ListAsync<Event>(new ListQuery { Namespace = "default" }, default)).Items;
        Assert.All(events, e => Assert.Equal(("Warning", "kube-proxy", ProxyNode.Name), (e.Type, e.Source?.Component, e.Source?.Host)));
        return events.Count == 0 ? null : Assert.Single(events);
    }

    private static Task<Service> ClaimAsync(ProxyNode node, string[] addresses) => node.Api.PatchAsync<Service>(
        "default", "xmas", new JsonObject { ["spec"] = new JsonObject { ["externalIPs"] = new JsonArray([.. addresses.Select(a => JsonValue.Create(a))]) } }, null, default);

    // The first token is refused from now on, and so are the watches that were opened with it.
    private static async Task RotateAsync(ProxyNode node, ProxyProcess proxy, string token)
    {
        await File.WriteAllTextAsync(token + ".new", "second", TestContext.Current.CancellationToken);
        File.Move(token + ".new", token, overwrite: true);
        node.Door.Token = "second";
        await node.Door.BreakOffAsync();
        await node.SetEndpointsAsync("web", ProxyNode.Second);

        await proxy.UntilAsync("the change is served", async () => await node.Servers.AskAsync(ProxyNode.ClusterIP, 80) == ProxyNode.Second);
        Assert.Contains(node.Door.Seen, r => r is { Code: 0, Authorization: "Bearer second" });
        Assert.DoesNotContain("401", proxy.Log, StringComparison.Ordinal);
    }

    // A mount namespace of its own has the files where a pod has them.
    private static ProxyProcess StartInPod(ProxyNode node, string account)
    {
        const string Directory = "/run/secrets/kubernetes.io/serviceaccount";
        var script = $"mount -t tmpfs none /run && mkdir -p {Directory} && mount --bind {account} {Directory} && exec \"$@\"";
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
        (environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]) = ("127.0.0.1", $"{FrontDoor.Port}");
        return ProxyProcess.Start(
            node.Namespace, node.File("pod.log"), "unshare",
            ["--mount", "--propagation", "private", "sh", "-c", script, "sh", Machine.Actor.Program, "proxy", "--hostname-override", ProxyNode.Name], environment);
    }

    private static async Task<ProxyNode> ServedNodeAsync()
    {
        var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);
        return node;
    }
}

using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>Each wrong input gets one sentence that names what is wrong, and leaves nothing half-made.</summary>
public class BadInputTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Manifests_with_mistakes_are_refused_by_name(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));

        await RefusedAsync(cluster, "apiVersion: v1\nkind: Unicorn\nmetadata: {name: x}", "Unicorn");
        await RefusedAsync(cluster, Service("bad-type", "port: eighty"), "ports", "port");
        await RefusedAsync(cluster, Service("bad-port", "port: 70000"), "spec.ports[0].port", "70000");
        await RefusedAsync(cluster, Service("bad-field", "port: 80, protocl: TCP"), "unknown field", "protocl");
        await cluster.ApplyAsync(Service("first", "port: 80, nodePort: 30080", "NodePort"));
        await RefusedAsync(cluster, Service("second", "port: 80, nodePort: 30080", "NodePort"), "spec.ports[0].nodePort", "30080", "already allocated");
        await RefusedAsync(cluster, Service("far", "port: 80, nodePort: 80", "NodePort"), "spec.ports[0].nodePort", "30000-32767");

        Assert.Equal(["first", "kubernetes"], await cluster.QueryAsync("{.items[*].metadata.name}", "services"));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Apply_of_a_broken_manifest_by_up_says_where_and_leaves_nothing(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var name = TestCluster.NextName();

        var result = await who.RunAsync(["up", "--name", name, "--apply", "-"], "apiVersion: v1\nkind: Pod\nmetadata: {name: x\nspec: {}\n");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("line", result.Error);
        Assert.Empty(HostState.Processes());
        Assert.Contains("There is no cluster", (await who.RunAsync(["down", "--name", name])).Succeed());
    }

    [Fact]
    public async Task Apply_of_a_pod_that_cannot_run_says_why_and_leaves_nothing()
    {
        var who = Actor.Named("root");
        who.Require();
        var name = TestCluster.NextName();
        var pod = Pods.Idle("stuck") + "\n  nodeSelector: {no: such}\n";

        var result = await who.RunAsync(["up", "--name", name, "--apply", "-"], pod, seconds: 120);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("pod \"stuck\" is Pending", result.Error);
        Assert.Empty(HostState.Processes());
    }

    [Theory]
    [InlineData(1, "--nodes", "up", "--nods", "3")]
    [InlineData(1, "status", "stauts")]
    [InlineData(1, "host-gw", "up", "--backend", "foo")]
    [InlineData(2, "'y'", "plan", "--sugest", "x", "y")]
    [InlineData(2, "Required argument missing", "plan")]
    public async Task A_command_line_that_cannot_be_understood_is_told_in_a_few_lines_and_where_to_look(int code, string says, params string[] command)
    {
        var who = Actor.Named("root");
        who.Require();
        var result = await who.RunAsync(command);
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.True(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length <= 8, result.Error);
        Assert.EndsWith(command[0] == "stauts" ? "See: viaduct --help\n" : $"See: viaduct {command[0]} --help\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_Pod_CIDR_too_small_for_the_nodes_is_refused_before_anything_starts(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var name = TestCluster.NextName();

        var result = await who.RunAsync(["up", "--name", name, "--nodes", "5", "--pod-cidr", "172.20.0.0/22"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("172.20.0.0/22", result.Error);
        Assert.Contains("room for 4 nodes", result.Error);
        Assert.Empty(HostState.Processes());
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_second_cluster_of_the_same_name_is_refused_and_the_first_lives_on(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));

        var second = await cluster.ViaductAsync("up");

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"\"{cluster.Name}\" is already running", second.Error);
        (await cluster.ViaductAsync("status")).Succeed();
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Of_two_starts_at_once_under_one_name_one_is_refused_and_the_other_goes_on(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var name = TestCluster.NextName();

        var results = await Task.WhenAll(who.RunAsync(["up", "--name", name]), who.RunAsync(["up", "--name", name]));

        Assert.Equal([0, 1], results.Select(r => r.ExitCode).Order());
        Assert.Contains($"\"{name}\" is", results.Single(r => r.ExitCode == 1).Error);
        (await who.RunAsync(["status", "--name", name])).Succeed();
        (await who.RunAsync(["down", "--name", name])).Succeed();
    }

    [Fact]
    public async Task Two_clusters_of_different_names_run_side_by_side()
    {
        var actor = Actor.Named("root");
        var sample = Path.Combine(Actor.SampleDirectory, "myapp.yaml");
        await using var one = await TestCluster.UpAsync(actor, "--apply", sample);
        await using var two = await TestCluster.UpAsync(actor, "--apply", sample);

        await one.CheckAsync();
        await two.CheckAsync();
    }

    [Fact]
    public async Task Forbidden_user_namespaces_are_named_with_what_to_do()
    {
        // A user namespace whose own limit is 0 (it is per namespace, namespaces(7), so the host's stays as it is), and a user in it without capabilities.
        const string script = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all -- \"$@\"";
        string[] command = ["bash", "-c", script, "bash", Actor.Program, "up", "--name", TestCluster.NextName()];

        var result = await Shell.RunAsync("unshare", ["--user", "--map-user=1000", "--keep-caps", .. command]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("user.max_user_namespaces", result.Error);
        Assert.Empty(HostState.Processes());
    }

    private static async Task RefusedAsync(TestCluster cluster, string manifest, params string[] words)
    {
        var result = await cluster.TryKubectlAsync(manifest, "apply", "-f", "-");
        Assert.NotEqual(0, result.ExitCode);
        Assert.All(words, word => Assert.Contains(word, result.Error));
    }

    private static string Service(string name, string port, string type = "ClusterIP") => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}}
        spec:
          type: {{type}}
          selector: {app: x}
          ports: [{ {{port}} }]
        """;
}

using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>The host's network is the same after a cluster as before it.</summary>
public class LeftoverTests
{
    public static TheoryData<string> Actors => Actor.Names;

    public static TheoryData<string, string> Victims => new()
    {
        { "root", "supervise" }, { "root", "control-plane" }, { "root", "node" },
        { "user", "supervise" }, { "user", "control-plane" }, { "user", "node" },
    };

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_cluster_leaves_the_host_as_it_was(string actor)
    {
        Actor.Named(actor).Require();
        var before = await HostState.CaptureAsync();
        await using (var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Path.Combine(Actor.SampleDirectory, "myapp.yaml")))
            Assert.Equal(before, await HostState.CaptureAsync());

        Assert.Equal(before, await HostState.CaptureAsync());
        Assert.Empty(HostState.Processes());
    }

    [Theory]
    [MemberData(nameof(Victims))]
    public async Task Down_leaves_nothing_after_a_process_was_killed(string actor, string verb)
    {
        Actor.Named(actor).Require();
        var before = await HostState.CaptureAsync();
        await using (var cluster = await TestCluster.UpAsync(Actor.Named(actor)))
        {
            await cluster.ApplyAsync(Pods.Script("sleeper", "sleep 1000"));
            await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/sleeper", "--timeout=30s");
            Kill(cluster.Name, verb);
        }

        Assert.Equal(before, await HostState.CaptureAsync());
        Assert.Empty(HostState.Processes());
    }

    [Theory]
    [InlineData("root", "control-plane")]
    [InlineData("root", "node")]
    [InlineData("user", "node")]
    public async Task A_killed_process_comes_back_and_the_cluster_works_again(string actor, string verb)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--apply", Path.Combine(Actor.SampleDirectory, "myapp.yaml"));

        Kill(cluster.Name, verb);

        await TestCluster.EventuallyAsync("the process was started again", async () => await RestartsAsync(cluster) > 0);
        await TestCluster.EventuallyAsync("everything answers", async () => (await cluster.ViaductAsync("check")).ExitCode == 0);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Ctrl_C_during_up_leaves_nothing(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var before = await HostState.CaptureAsync();
        var name = TestCluster.NextName();
        var (file, arguments) = who.CommandLine(["up", "--name", name, "--nodes", "8"]);
        // A shell that runs this suite in the background has SIGINT ignored, and so would the program.
        using var up = Shell.Start("env", ["--default-signal=INT", file, .. arguments], who.Environ);
        // The first line of progress: the supervisor works.
        await up.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();

        (await Shell.RunAsync("kill", ["-INT", $"{up.Id}"])).Succeed();
        await up.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.NotEqual(0, up.ExitCode);
        Assert.Equal(before, await HostState.CaptureAsync());
        Assert.Empty(HostState.Processes());
        Assert.Contains("There is no cluster", (await who.RunAsync(["down", "--name", name])).Succeed());
    }

    private static void Kill(string cluster, string verb)
    {
        var victim = Directory.GetDirectories("/proc").Select(Path.GetFileName).Single(id => int.TryParse(id, out _) && IsProcess(id!, cluster, verb));
        Shell.RunAsync("kill", ["-KILL", victim!]).GetAwaiter().GetResult().Succeed();
    }

    // The first node, and of two processes with the verb supervise the one that is not unshare(1).
    private static bool IsProcess(string id, string cluster, string verb)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{id}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 3 && words[0].EndsWith("/viaduct", StringComparison.Ordinal) && words[1] == verb
                && words[2].EndsWith($"/{cluster}", StringComparison.Ordinal) && (verb != "node" || words[4] == "node-1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<int> RestartsAsync(TestCluster cluster)
    {
        var status = await cluster.ViaductAsync("status", "-o", "json");
        return status.ExitCode == 0
            ? JsonDocument.Parse(status.Output).RootElement.GetProperty("processes").EnumerateArray().Sum(p => p.GetProperty("restarts").GetInt32())
            : 0;
    }
}

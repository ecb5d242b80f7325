using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>A cluster that a test started through the command line, with kubectl pointed at it; ended by disposal.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private static int _count;
    private string _kubeconfig = "";

    private TestCluster(Actor actor, string name) => (Actor, Name) = (actor, name);

    public Actor Actor { get; }

    public string Name { get; }

    /// <summary>What <c>up</c> printed.</summary>
    public string Summary { get; private set; } = "";

    public static async Task<TestCluster> UpAsync(Actor actor, params string[] options)
    {
        actor.Require();
        var cluster = new TestCluster(actor, NextName());
        cluster.Summary = (await actor.RunAsync(["up", "--name", cluster.Name, .. options], seconds: 120)).Succeed();
        cluster._kubeconfig = (await cluster.ViaductAsync("kubeconfig", "--path")).Succeed().Trim();
        return cluster;
    }

    public static string NextName() => $"e2e-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";

    /// <summary>Runs one of the product's commands on this cluster.</summary>
    public Task<ShellResult> ViaductAsync(string verb, params string[] arguments) =>
        Actor.RunAsync([verb, "--name", Name, .. arguments]);

    /// <summary>Runs a shell script inside a pod's namespaces.</summary>
    public async Task<string> ScriptAsync(string pod, string script) =>
        (await ViaductAsync("exec", pod, "--", "bash", "-c", script)).Succeed();

    public Task<ShellResult> TryKubectlAsync(string input, params string[] arguments)
    {
        Assert.SkipUnless(Shell.Has("kubectl"), "Needs kubectl, which is not on PATH.");
        return Shell.RunAsync("kubectl", ["--kubeconfig", _kubeconfig, "--cache-dir", Path.Combine(Path.GetTempPath(), $"viaduct-kubectl-{Name}"), .. arguments], input, seconds: 120);
    }

    public async Task<string> KubectlAsync(params string[] arguments) => (await TryKubectlAsync("", arguments)).Succeed();

    public async Task<string> ApplyAsync(string manifest) => (await TryKubectlAsync(manifest, "apply", "-f", "-")).Succeed();

    /// <summary>The words that a jsonpath of kubectl gives.</summary>
    public async Task<string[]> QueryAsync(string jsonpath, params string[] arguments) =>
        (await KubectlAsync(["get", .. arguments, "-o", $"jsonpath={jsonpath}"])).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The matrix of <c>viaduct check</c>; fails the test when it has a miss.</summary>
    public async Task<IReadOnlyList<JsonElement>> CheckAsync()
    {
        var output = (await ViaductAsync("check", "-o", "json")).Succeed();
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("results").EnumerateArray()];
    }

    /// <summary>Waits for a condition by asking again: for what only a command line can tell.</summary>
    public static async Task EventuallyAsync(string what, Func<Task<bool>> condition, int seconds = 60, Func<string>? details = null)
    {
        var until = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            if (DateTime.UtcNow > until)
                Assert.Fail($"Not within {seconds} s: {what}\n{details?.Invoke()}");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        var cache = Path.Combine(Path.GetTempPath(), $"viaduct-kubectl-{Name}");
        if (Directory.Exists(cache))
            Directory.Delete(cache, recursive: true);
        (await Actor.RunAsync(["down", "--name", Name])).Succeed();
    }
}

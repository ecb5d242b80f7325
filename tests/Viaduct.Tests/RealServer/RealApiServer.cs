using System.Diagnostics;
using System.Reflection;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;

namespace Viaduct.Tests.RealServer;

/// <summary>
/// A real API server: Kubernetes' own library (k8s.io/apiserver) with its TLS, tokens, HTTP/2, list, watch and patch, in the program dcp that the NuGet package
/// Aspire.Hosting.Orchestration brings. It serves resources of its own (usvc-dev.developer.microsoft.com) instead of pods and nodes, and forgets them at its end.
/// </summary>
internal sealed class RealApiServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly string _directory;

    private RealApiServer(Process process, string directory) => (_process, _directory) = (process, directory);

    public string KubeconfigPath => Path.Combine(_directory, "kubeconfig");

    /// <summary>Where the program is; null where there is none for this machine.</summary>
    public static string? Program { get; } = typeof(RealApiServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().SingleOrDefault(a => a.Key == "RealApiServer")?.Value is { } path && File.Exists(path) ? path : null;

    /// <summary>Starts one; skips the test where there is no program.</summary>
    public static async Task<RealApiServer> StartAsync()
    {
        Assert.SkipWhen(Program is null, "the package Aspire.Hosting.Orchestration has no API server for this machine");
        var directory = Directory.CreateTempSubdirectory("viaduct-apiserver-").FullName;
        var start = new ProcessStartInfo(
            Program, ["start-apiserver", "--server-only", "--port", "0", "--kubeconfig", Path.Combine(directory, "kubeconfig"), "--monitor", $"{Environment.ProcessId}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
            Environment = { ["HOME"] = directory },
        };
        var process = Process.Start(start)!;
        var server = new RealApiServer(process, directory);
        await server.ReadyAsync().WaitAsync(s_patience);
        return server;
    }

    public HttpKubeApi Connect() => HttpKubeApi.FromKubeconfig(Kubeconfig.Load(KubeconfigPath));

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task ReadyAsync()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        DataReceivedEventHandler read = (_, line) =>
        {
            lock (said)
                said.Add(line.Data ?? "(end)");
            if (line.Data?.Contains("API server started", StringComparison.Ordinal) == true)
                started.TrySetResult();
        };
        _process.OutputDataReceived += read;
        _process.ErrorDataReceived += read;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (await Task.WhenAny(started.Task, _process.WaitForExitAsync()) != started.Task)
            Assert.Fail($"The API server ended with {_process.ExitCode}: {string.Join('\n', said)}");
    }
}

using Viaduct.Proxy.Server;

namespace Viaduct.Tests.Proxy.Server;

public sealed class ConfigFileWatchTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly string directory = Directory.CreateTempSubdirectory("viaduct-config-").FullName;

    private string File => Path.Combine(directory, "config.yaml");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_file_written_over_ends_the_watch_with_a_sentence()
    {
        System.IO.File.WriteAllText(File, "one");
        var watch = ConfigFileWatch.RunAsync(File, "one", Cancellation);
        System.IO.File.WriteAllText(File, "two");
        var end = await Assert.ThrowsAsync<ProxyEndException>(() => watch.WaitAsync(s_patience, Cancellation));
        Assert.StartsWith($"The configuration {File} was changed: ", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_changed_before_the_watch_began_ends_it()
    {
        System.IO.File.WriteAllText(File, "two");
        await Assert.ThrowsAsync<ProxyEndException>(() => ConfigFileWatch.RunAsync(File, "one", Cancellation).WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task A_deleted_file_and_one_renamed_into_its_place_end_the_watch()
    {
        System.IO.File.WriteAllText(File, "one");
        var watch = ConfigFileWatch.RunAsync(File, "one", Cancellation);
        System.IO.File.Delete(File);
        await Assert.ThrowsAsync<ProxyEndException>(() => watch.WaitAsync(s_patience, Cancellation));

        System.IO.File.WriteAllText(File, "one");
        watch = ConfigFileWatch.RunAsync(File, "one", Cancellation);
        System.IO.File.WriteAllText(File + ".new", "two");
        System.IO.File.Move(File + ".new", File, overwrite: true);
        await Assert.ThrowsAsync<ProxyEndException>(() => watch.WaitAsync(s_patience, Cancellation));
    }

    /// <summary>As the kubelet does it: the file is a link through ..data, which is swapped.</summary>
    [Fact]
    public async Task A_mounted_ConfigMap_that_is_swapped_ends_the_watch()
    {
        foreach (var version in (string[])["one", "two"])
        {
            Directory.CreateDirectory(Path.Combine(directory, version));
            System.IO.File.WriteAllText(Path.Combine(directory, version, "config.yaml"), version);
        }

        var data = Path.Combine(directory, "..data");
        Directory.CreateSymbolicLink(data, "one");
        System.IO.File.CreateSymbolicLink(File, Path.Combine("..data", "config.yaml"));
        var watch = ConfigFileWatch.RunAsync(File, "one", Cancellation);
        Directory.CreateSymbolicLink(data + "_tmp", "two");
        Directory.Move(data + "_tmp", data + "_new");
        Directory.Delete(data);
        Directory.Move(data + "_new", data);
        await Assert.ThrowsAsync<ProxyEndException>(() => watch.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task The_same_content_written_again_changes_nothing()
    {
        System.IO.File.WriteAllText(File, "one");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var watch = ConfigFileWatch.RunAsync(File, "one", stop.Token);
        System.IO.File.WriteAllText(File + ".new", "one");
        System.IO.File.Move(File + ".new", File, overwrite: true);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(directory) { EnableRaisingEvents = true };
        watcher.Created += (_, _) => seen.TrySetResult();
        System.IO.File.WriteAllText(Path.Combine(directory, "other"), "two");
        await seen.Task.WaitAsync(s_patience, Cancellation);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }
}

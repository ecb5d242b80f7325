namespace Viaduct.Proxy.Server;

/// <summary>Ends the proxy when its configuration file changes: whoever runs it starts it again with the new one, as for kube-proxy.</summary>
internal static class ConfigFileWatch
{
    /// <exception cref="ProxyEndException">The file has other content, or is gone.</exception>
    public static async Task RunAsync(string path, string loaded, CancellationToken cancellation)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The directory, for a mounted ConfigMap is changed by swapping a link beside the file.
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(path))!)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.CreationTime,
        };
        void Look(object sender, FileSystemEventArgs e)
        {
            if (Read(path) != loaded)
                changed.TrySetResult();
        }

        watcher.Changed += Look;
        watcher.Created += Look;
        watcher.Deleted += Look;
        watcher.Renamed += (sender, e) => Look(sender, e);
        watcher.EnableRaisingEvents = true;
        // It may have changed between its reading and here.
        if (Read(path) != loaded)
            changed.TrySetResult();
        await changed.Task.WaitAsync(cancellation);
        throw new ProxyEndException($"The configuration {path} was changed: the proxy ends, to be started again with the new one; Services stay as they are.");
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

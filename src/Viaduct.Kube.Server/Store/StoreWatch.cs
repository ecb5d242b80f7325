using System.Threading.Channels;

namespace Viaduct.Kube.Server.Store;

/// <summary>One reader of the changes of one resource. Its stream ends when the store closes or the reader falls too far behind.</summary>
internal sealed class StoreWatch(WatchHub hub, string resource, long after, Channel<StoreEvent> channel) : IDisposable
{
    public string Resource => resource;

    /// <summary>The revision that the stream begins after.</summary>
    public long StartRevision => after;

    public ChannelReader<StoreEvent> Changes => channel.Reader;

    internal bool IsDrained => channel.Reader.Count == 0;

    /// <summary>The revision up to which everything has been read, or null when changes are waiting.</summary>
    public long? Progress() => hub.Progress(this);

    /// <summary>False when the backlog is full: the stream ends after what it holds.</summary>
    internal bool Offer(StoreEvent change)
    {
        if (channel.Writer.TryWrite(change))
            return true;
        Complete();
        return false;
    }

    internal void Complete() => channel.Writer.TryComplete();

    public void Dispose() => hub.Unregister(this);
}

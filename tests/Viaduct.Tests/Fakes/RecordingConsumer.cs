using System.Collections.Concurrent;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Tests.Fakes;

/// <summary>Notes what a reflector tells: begin, +NAME, -NAME, end.</summary>
internal sealed class RecordingConsumer<T> : IReflectorConsumer<T>
    where T : class, IKubeObject<T>
{
    private TaskCompletionSource _news = NewSignal();

    public ConcurrentQueue<string> Told { get; } = [];

    public void BeginReplace() => Tell("begin");

    public void Set(T value) => Tell("+" + value.Metadata.Name);

    public void Remove(T value) => Tell("-" + value.Metadata.Name);

    public void EndReplace() => Tell("end");

    /// <summary>Fails after half a minute, with what was told.</summary>
    public async Task ToldAsync(string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            while (Volatile.Read(ref _news).Task is var news && !Told.Contains(what))
                await news.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"{what} was never told, only: {string.Join(' ', Told)}", e);
        }
    }

    private void Tell(string what)
    {
        Told.Enqueue(what);
        Interlocked.Exchange(ref _news, NewSignal()).SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

namespace Viaduct.Kube.Server.Store;

/// <summary>A change in the writer's queue: run first, then committed with its batch, then answered.</summary>
internal sealed class PendingChange(Action<StoreTransaction> change, bool dryRun)
{
    private StoreTransaction? _transaction;
    private Exception? _failure;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<StoreEvent> Events => _transaction?.Events ?? [];

    /// <summary>Answers the state after this change: unchanged if it threw or is a dry run.</summary>
    public StoreSnapshot Run(StoreSnapshot state)
    {
        var transaction = new StoreTransaction(state);
        try
        {
            change(transaction);
        }
        catch (Exception e)
        {
            _failure = e;
        }
        if (_failure is not null || dryRun)
            transaction.RollBack();
        _transaction = transaction;
        return transaction.State;
    }

    /// <summary>The batch could not be committed.</summary>
    public void Fail(Exception e)
    {
        _transaction?.RollBack();
        _failure ??= e;
    }

    public void Complete()
    {
        if (_failure is null)
            Done.SetResult();
        else
            Done.SetException(_failure);
    }
}

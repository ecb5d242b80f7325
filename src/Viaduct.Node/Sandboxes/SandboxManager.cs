using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Network;

namespace Viaduct.Node.Sandboxes;

/// <summary>Sandboxes in the kernel: a bound network namespace each, wired by the CNI plugin.</summary>
internal sealed class SandboxManager(NodeOptions options, NetNamespace node, CniRunner cni, ILogger log) : ISandboxes
{
    private readonly SandboxStore _store = new(options.SandboxDirectory);

    public async Task<Sandbox> CreateAsync(Pod pod, CancellationToken cancellation)
    {
        var id = RandomNumberGenerator.GetHexString(64, lowercase: true);
        if (pod.Spec?.HostNetwork == true)
            return new Sandbox(id, node, options.NodeAddresses, null);
        var record = NewRecord(id, pod);
        _store.Write(record);
        NetNamespace? ns = null;
        try
        {
            ns = MakeNamespace(record.NetNamespacePath);
            var result = await cni.AddAsync(record, cancellation);
            record = record with { Result = result.Json };
            _store.Write(record);
            Log.SandboxReady(log, record.PodNamespace, record.PodName, string.Join(", ", result.Addresses));
            return new Sandbox(id, ns, result.Addresses, record);
        }
        catch
        {
            ns?.Dispose();
            await TryUndoAsync(record, CancellationToken.None);
            throw;
        }
    }

    public async Task RemoveAsync(Sandbox sandbox, CancellationToken cancellation)
    {
        if (sandbox.Record is null)
            return;
        await UndoAsync(sandbox.Record, cancellation);
        sandbox.Namespace.Dispose();
    }

    /// <summary>Removes the sandboxes of an earlier agent: their containers ended with it, so no pod can use them.</summary>
    public async Task RemoveLeftoversAsync(CancellationToken cancellation)
    {
        var records = _store.ReadAll();
        await Parallel.ForEachAsync(records, cancellation, async (record, stop) => await TryUndoAsync(record, stop));
        if (records.Count > 0)
            Log.LeftoversRemoved(log, records.Count);
    }

    /// <summary>CNI DEL after a failed ADD is allowed and expected. What cannot be undone now stays on record for the next agent.</summary>
    private async Task TryUndoAsync(SandboxRecord record, CancellationToken cancellation)
    {
        try
        {
            await UndoAsync(record, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            Log.LeftoverNotRemoved(log, e, record.Id);
        }
    }

    private async Task UndoAsync(SandboxRecord record, CancellationToken cancellation)
    {
        await cni.DeleteAsync(record, cancellation);
        NetNamespace.Unbind(record.NetNamespacePath);
        _store.Delete(record.Id);
    }

    private NetNamespace MakeNamespace(string path)
    {
        Directory.CreateDirectory(options.NetNamespaceDirectory);
        NetNamespace.Unbind(path);
        var ns = NetNamespace.Create();
        try
        {
            ns.BindTo(path);
            return ns;
        }
        catch
        {
            ns.Dispose();
            throw;
        }
    }

    private SandboxRecord NewRecord(string id, Pod pod)
    {
        var (ns, name, uid) = (pod.Metadata.Namespace ?? "default", pod.Metadata.Name ?? "", pod.Metadata.Uid ?? "");
        return new SandboxRecord
        {
            Id = id,
            PodNamespace = ns,
            PodName = name,
            PodUid = uid,
            // A file name holds 255 bytes, a pod's name alone up to 253.
            NetNamespacePath = Path.Combine(options.NetNamespaceDirectory, $"{ns}_{Start(name, 160)}_{Start(uid, 8)}"),
        };
    }

    private static string Start(string text, int length) => text.Length <= length ? text : text[..length];
}

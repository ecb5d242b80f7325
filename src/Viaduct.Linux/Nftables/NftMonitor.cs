using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>
/// Tells of every committed change to the tables of one network namespace, one's own included. It hears what is committed after it was made. For one
/// reader.
/// </summary>
public sealed class NftMonitor : IDisposable
{
    private readonly Socket socket;
    private readonly NetlinkSocket membership;
    private readonly HashSet<NftTable> tables = [];

    // Names of tables come again and again: one object each.
    private NftTable? lastTable;

    /// <summary>For the calling thread's network namespace, whichever thread uses the monitor.</summary>
    public NftMonitor()
    {
        membership = new NetlinkSocket(NETLINK_NETFILTER, NFNLGRP_NFTABLES);
        socket = membership.ToSocket();
    }

    /// <summary>For another network namespace.</summary>
    public static NftMonitor In(NetNamespace ns) => ns.Run(() => new NftMonitor());

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        membership.Dispose();
    }

    /// <summary>
    /// Hears nothing until the result is disposed of. For one's own large changes: the kernel makes a notification of a page for each element, if anybody
    /// listens, and takes ten times as long to commit a hundred thousand. Compare <see cref="NftClient.GetGeneration"/> before and after: what is not
    /// one's own commit was missed.
    /// </summary>
    public IDisposable Pause()
    {
        membership.LeaveGroup(NFNLGRP_NFTABLES);
        return new Resumption(membership);
    }

    /// <summary>
    /// The transactions as they are committed, until the token is cancelled. When the socket overflowed, as after a very large transaction,
    /// <see cref="NftTransaction.IsLost"/> says that one or more transactions are missing or were told only in part.
    /// </summary>
    public async IAsyncEnumerable<NftTransaction> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // nf_tables batches notifications into datagrams of NLMSG_GOODSIZE, less than a page.
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var length = await ReceiveAsync(buffer, cancellationToken);
            if (length < 0)
            {
                Drain(buffer);
                tables.Clear();
                yield return NftTransaction.Lost;
                continue;
            }

            foreach (var transaction in Parse(buffer.AsSpan(0, length)))
                yield return transaction;
        }
    }

    private async ValueTask<int> ReceiveAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            return -1;
        }
    }

    // The kernel reports no second overflow before the socket is empty (NETLINK_S_CONGESTED), so what is left must go before anybody looks anew.
    private void Drain(byte[] buffer)
    {
        socket.Blocking = false;
        while (socket.Receive(buffer, SocketFlags.None, out var error) > 0 || error == SocketError.NoBufferSpaceAvailable)
        {
        }
    }

    // Changes come first, NFT_MSG_NEWGEN last (nf_tables_commit).
    private List<NftTransaction> Parse(ReadOnlySpan<byte> datagram)
    {
        var transactions = new List<NftTransaction>();
        foreach (var message in new NlReader(datagram))
        {
            if (message.Type >> 8 != NFNL_SUBSYS_NFTABLES)
                continue;
            if ((message.Type & 0xff) == NFT_MSG_NEWGEN)
                transactions.Add(ReadGeneration(message));
            else
                AddTable(message);
        }

        return transactions;
    }

    private NftTransaction ReadGeneration(NlMessage message)
    {
        var transaction = new NftTransaction { PortId = message.PortId, Tables = new HashSet<NftTable>(tables) };
        tables.Clear();
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            transaction = attribute.Type switch
            {
                NFTA_GEN_ID => transaction with { Generation = attribute.AsUInt32BigEndian() },
                NFTA_GEN_PROC_PID => transaction with { ProcessId = (int)attribute.AsUInt32BigEndian() },
                NFTA_GEN_PROC_NAME => transaction with { ProcessName = attribute.AsString() },
                _ => transaction,
            };
        }

        return transaction;
    }

    // The table's name is attribute 1 of all messages: NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_SET_ELEM_LIST_TABLE and so on.
    private void AddTable(NlMessage message)
    {
        var family = (NftFamily)message.Header(NFGENMSG_SIZE)[0];
        foreach (var attribute in message.Attributes(NFGENMSG_SIZE))
        {
            if (attribute.Type != NFTA_TABLE_NAME)
                continue;
            if (lastTable is null || lastTable.Family != family || !System.Text.Ascii.Equals(attribute.Value.TrimEnd((byte)0), lastTable.Name))
                lastTable = new NftTable(family, attribute.AsString());
            tables.Add(lastTable);
            return;
        }
    }

    private sealed class Resumption(NetlinkSocket membership) : IDisposable
    {
        public void Dispose() => membership.JoinGroup(NFNLGRP_NFTABLES);
    }
}

using System.Reflection;
using Viaduct.Cni.Bridge;
using Viaduct.Cni.Dispatch;

var version = typeof(CniDispatcher).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
return new CniDispatcher(CniProcess.Current(), new BridgePlugin(), $"viaduct-cni {version}: cables pods to a bridge, addresses included").Run();

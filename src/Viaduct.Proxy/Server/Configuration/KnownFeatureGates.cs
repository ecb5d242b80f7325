namespace Viaduct.Proxy.Server.Configuration;

/// <summary>
/// The feature gates that kube-proxy 1.34 takes: those of all components, for one list is usually given to every one of them. From
/// test/compatibility_lifecycle/reference in the Kubernetes sources.
/// </summary>
internal static class KnownFeatureGates
{
    public const string Release = "1.34";

    // A value after the name is the only one that the gate can have.
    private const string Names = """
        AggregatedDiscoveryRemoveBetaType AllAlpha AllBeta AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests
        AllowOverwriteTerminationGracePeriodSeconds AllowParsingUserUIDFromCertAuth AllowServiceLBStatusOnNonLB=false
        AllowUnsafeMalformedObjectDeletion AnonymousAuthConfigurableEndpoints=true AnyVolumeDataSource=true APIResponseCompression APIServerIdentity
        APIServerTracing=true APIServingWithRoutine AuthorizeNodeWithSelectors=true AuthorizeWithSelectors=true BtreeWatchCache=true
        CBORServingAndStorage ClearingNominatedNodeNameAfterBinding ClientsAllowCBOR ClientsPreferCBOR ClusterTrustBundle
        ClusterTrustBundleProjection ComponentFlagz ComponentSLIs=true ComponentStatusz ConcurrentWatchObjectDecode ConsistentListFromCache=true
        ContainerCheckpoint ContainerRestartRules ContainerStopSignals ContextualLogging CoordinatedLeaderElection CPUManager=true
        CPUManagerPolicyAlphaOptions CPUManagerPolicyBetaOptions CPUManagerPolicyOptions=true CRDValidationRatcheting=true
        CronJobsScheduledAnnotation=true CrossNamespaceVolumeDataSource CSIMigrationPortworx=true CSIVolumeHealth CustomCPUCFSQuotaPeriod
        CustomResourceFieldSelectors=true DeclarativeValidation DeclarativeValidationTakeover DeploymentReplicaSetTerminatingReplicas
        DetectCacheInconsistency DevicePluginCDIDevices=true DisableAllocatorDualWrite DisableCPUQuotaWithExclusiveCPUs DisableNodeKubeProxyVersion
        DRAAdminAccess DRAConsumableCapacity DRADeviceBindingConditions DRADeviceTaints DRAExtendedResource DRAPartitionableDevices
        DRAPrioritizedList DRAResourceClaimDeviceStatus DRASchedulerFilterTimeout DynamicResourceAllocation ElasticIndexedJob=true EnvFiles
        EventedPLEG ExecProbeTimeout ExternalServiceAccountTokenSigner GitRepoVolumeDriver GracefulNodeShutdown
        GracefulNodeShutdownBasedOnPodPriority HonorPVReclaimPolicy=true HostnameOverride HPAConfigurableTolerance HPAScaleToZero ImageMaximumGCAge
        ImageVolume InformerResourceVersion InOrderInformers InPlacePodVerticalScaling InPlacePodVerticalScalingAllocatedStatus
        InPlacePodVerticalScalingExclusiveCPUs InPlacePodVerticalScalingExclusiveMemory InTreePluginPortworxUnregister JobBackoffLimitPerIndex=true
        JobManagedBy JobPodReplacementPolicy=true JobSuccessPolicy=true KMSv1 KubeletCgroupDriverFromCRI=true KubeletCrashLoopBackOffMax
        KubeletEnsureSecretPulledImages KubeletFineGrainedAuthz KubeletInUserNamespace KubeletPodResourcesDynamicResources KubeletPodResourcesGet
        KubeletPodResourcesListUseActivePods KubeletPSI KubeletRegistrationGetOnExistsOnly KubeletSeparateDiskGC
        KubeletServiceAccountTokenForCredentialProviders KubeletTracing=true LegacySidecarContainers ListFromCacheSnapshot LoadBalancerIPMode=true
        LocalStorageCapacityIsolationFSQuotaMonitoring LogarithmicScaleDown=true LoggingAlphaOptions LoggingBetaOptions
        MatchLabelKeysInPodAffinity=true MatchLabelKeysInPodTopologySpread MatchLabelKeysInPodTopologySpreadSelectorMerge MaxUnavailableStatefulSet
        MemoryManager=true MemoryQoS MultiCIDRServiceAllocator=true MutableCSINodeAllocatableCount MutatingAdmissionPolicy NFTablesProxyMode=true
        NodeInclusionPolicyInPodTopologySpread=true NodeLogQuery NodeSwap=true NominatedNodeNameForExpectation OpenAPIEnums
        OrderedNamespaceDeletion=true PersistentVolumeLastPhaseTransitionTime=true PodAndContainerStatsFromCRI PodCertificateRequest PodDeletionCost
        PodDisruptionConditions=true PodIndexLabel=true PodLevelResources PodLifecycleSleepAction=true PodLifecycleSleepActionAllowZero=true
        PodLogsQuerySplitStreams PodObservedGenerationTracking PodReadyToStartContainersCondition PodSchedulingReadiness=true
        PodTopologyLabelsAdmission PortForwardWebsockets PreferSameTrafficDistribution PreventStaticPodAPIReferences ProcMountType QOSReserved
        RecoverVolumeExpansionFailure=true RecursiveReadOnlyMounts=true ReduceDefaultCrashLoopBackOffDecay RelaxedDNSSearchValidation=true
        RelaxedEnvironmentVariableValidation=true RelaxedServiceNameValidation ReloadKubeletServerCertificateFile RemoteRequestHeaderUID
        ResilientWatchCacheInitialization=true ResourceHealthStatus RetryGenerateName=true RotateKubeletServerCertificate RuntimeClassInImageCriApi
        SchedulerAsyncAPICalls SchedulerAsyncPreemption SchedulerPopFromBackoffQ SchedulerQueueingHints=true SELinuxChangePolicy SELinuxMount
        SELinuxMountReadWriteOncePod SeparateCacheWatchRPC SeparateTaintEvictionController=true ServiceAccountNodeAudienceRestriction
        ServiceAccountTokenJTI=true ServiceAccountTokenNodeBinding=true ServiceAccountTokenNodeBindingValidation=true
        ServiceAccountTokenPodNodeInfo=true ServiceTrafficDistribution=true SidecarContainers=true SizeBasedListCostEstimate
        SizeMemoryBackedVolumes=true StatefulSetAutoDeletePVC=true StatefulSetSemanticRevisionComparison StatefulSetStartOrdinal=true
        StorageCapacityScoring StorageNamespaceIndex StorageVersionAPI StorageVersionHash StorageVersionMigrator
        StreamingCollectionEncodingToJSON=true StreamingCollectionEncodingToProtobuf=true StrictCostEnforcementForVAP=true
        StrictCostEnforcementForWebhooks=true StrictIPCIDRValidation StructuredAuthenticationConfiguration=true
        StructuredAuthenticationConfigurationEgressSelector StructuredAuthorizationConfiguration=true SupplementalGroupsPolicy SystemdWatchdog
        TokenRequestServiceAccountUIDValidation TopologyAwareHints=true TopologyManagerPolicyAlphaOptions TopologyManagerPolicyBetaOptions
        TopologyManagerPolicyOptions TranslateStreamCloseWebsocketRequests UnauthenticatedHTTP2DOSMitigation UnknownVersionInteroperabilityProxy
        UserNamespacesPodSecurityStandards UserNamespacesSupport VolumeAttributesClass VolumeCapacityPriority WatchCacheInitializationPostStartHook
        WatchFromStorageWithoutResourceVersion=false WatchList WatchListClient WindowsCPUAndMemoryAffinity WindowsGracefulNodeShutdown
        WindowsHostNetwork WinDSR=true WinOverlay=true
        """;

    /// <summary>By name, with the value that a gate is locked to; null when it may be set.</summary>
    public static IReadOnlyDictionary<string, bool?> All { get; } = Names
        .Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(n => n.Split('='))
        .ToDictionary(n => n[0], n => n.Length == 1 ? (bool?)null : bool.Parse(n[1]));
}

export { ConnectionStateProvider, useConnectionStateClient } from "./provider.js";
export { useConnectSession, type ConnectSessionHandle } from "./useConnectSession.js";
export { useNavigation, type NavigationActions } from "./useNavigation.js";
export { usePageList } from "./usePageList.js";

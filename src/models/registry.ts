/** A tag of a registered model or version. */
export interface ITag {
  key: string;
  value?: string;
}

/** A version of a registered model, as MLflow's REST gives it (model_registry.proto). */
export interface IVersion {
  name: string;
  version: string;
  creation_timestamp?: number;
  last_updated_timestamp?: number;
  user_id?: string;
  /** Stage of MLflow 2: None, Staging, Production or Archived. */
  current_stage?: string;
  description?: string;
  source?: string;
  run_id?: string;
  model_id?: string;
  status?: string;
  status_message?: string;
  tags?: ITag[];
  aliases?: string[];
}

/** A registered model. */
export interface IRegisteredModel {
  name: string;
  creation_timestamp?: number;
  last_updated_timestamp?: number;
  user_id?: string;
  description?: string;
  latest_versions?: IVersion[];
  tags?: ITag[];
  aliases?: { alias: string; version: string }[];
}

/** URI of a version, for our routes and for code. */
export function versionURI(version: { name: string; version: string }): string {
  return `models:/${version.name}/${version.version}`;
}

/** The logged model a version was made of, where its source tells. */
export function modelIdOf(version: IVersion): string | null {
  return (
    version.model_id ||
    /(?:^models:\/+|\/models\/)(m-[A-Za-z0-9-]+)(?:\/artifacts\/?)?$/.exec(
      version.source ?? ''
    )?.[1] ||
    null
  );
}

/** Whether MLflow 2's stages are in use for a version. */
export function hasStage(version: IVersion): boolean {
  return !!version.current_stage && version.current_stage !== 'None';
}
